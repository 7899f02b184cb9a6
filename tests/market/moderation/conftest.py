"""One clock for the town and its pages."""

from tests.market.quotes.conftest import clock

__all__ = ["clock"]
