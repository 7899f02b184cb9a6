"""Ranks factories for orders: reads both, filters what is impossible, weighs the rest and explains every place.

Start with `matching.engine.engine.Engine`. Files, in the order in which an order passes through them:
reading (words to terms), index (factories as columns), requirements (how well a factory meets each wish, as arrays),
feasibility (the filter), model (features to score and probability), verdicts (the same in words), exploration (who is
shown in order to learn), learning (outcomes to a model), counterfactual (what a factory could change).
"""
