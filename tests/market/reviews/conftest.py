"""The people of a deal in their browsers, and the operator at the desk."""

from tests.market.disputes.conftest import SignIn, clock, main_of, operator_at, sign_in

__all__ = ["SignIn", "clock", "main_of", "operator_at", "sign_in"]
