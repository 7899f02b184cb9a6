"""The people of a deal in their browsers: whoever owns a share, and the factory."""

from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import text

from market.identity.service import Registration, add_person
from market.kit.clock import FrozenClock
from market.kit.ids import new_id
from tests.market.quotes.conftest import Visitor
from tests.market.site import Web
from tests.market.town import Town

SignIn = Callable[..., Visitor]


@pytest.fixture
def clock(clock_of_site: FrozenClock) -> FrozenClock:
    """One clock for the town and its pages."""
    return clock_of_site


@pytest.fixture
def sign_in(web: Web, town: Town) -> SignIn:
    """A browser of a new person of an organisation that there is."""

    def signed_in(organisation_id: UUID, language: str = "zh") -> Visitor:
        email = f"{new_id()}@example.com"
        with town.work("system") as work:
            kind = work.session.scalar(text("SELECT kind FROM organisations WHERE id = :id"), {"id": organisation_id})
            add_person(work, organisation_id, Registration(str(kind), "a person", email, None))
            sign = work.session.scalar(text("SELECT fs_uniquifier FROM users WHERE email = :email"), {"email": email})
        client = web.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = sign, True
        client.set_cookie("weft_language", language)
        return Visitor(client, organisation_id)

    return signed_in


def main_of(page: str) -> str:
    """The words between the bars."""
    return unescape(page.partition('id="main"')[2].partition('id="notices"')[0])
