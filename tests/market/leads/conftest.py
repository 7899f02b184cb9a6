"""The browsers of a seller and a factory, for the pages of leads."""

from tests.market.quotes.conftest import clock, factory, seller

__all__ = ["clock", "factory", "seller"]
