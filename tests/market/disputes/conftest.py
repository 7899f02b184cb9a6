"""The people of a dispute in their browsers."""

import pytest

from market.identity.service import MARKET_ID
from tests.market.deals.conftest import SignIn, clock, main_of, sign_in
from tests.market.quotes.conftest import Visitor

__all__ = ["SignIn", "clock", "main_of", "sign_in"]


@pytest.fixture
def operator_at(sign_in: SignIn) -> Visitor:
    """An operator of the market at the desk."""
    return sign_in(MARKET_ID)
