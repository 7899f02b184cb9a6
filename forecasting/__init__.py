"""The forecasting engine: sales history in, quantiles and plans out.

Law of this folder: no Flask, no database, no clock, no network, nothing of `market`; of `matching` only its readers of
tables (`matching.tables`) and its places for batches of work (`matching.workers`), which both engines share.
What a caller may use stands in `periods`, `panel`, `engine`, `replenishment` and `materials`.
"""
