"""The demo market: synthetic factories and real public orders, built by the same verbs that people use."""
