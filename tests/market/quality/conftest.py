"""The tests here stand before the web door."""

from tests.market.site import app_of_site, market_of_site, operator, web

__all__ = ["app_of_site", "market_of_site", "operator", "web"]
