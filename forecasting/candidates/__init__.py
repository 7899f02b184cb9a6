"""The models that are chosen among: adapters of ports.Candidate, each for one way to look at a history."""
