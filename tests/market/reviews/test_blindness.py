"""Before both reviews are in, nothing that anybody else can read changes when one is written: no row, page or news."""

import re
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from market.kit.databases import DatabaseAccess, psycopg_url
from market.kit.db import VISITOR, Scope, Tenant, act_as
from market.kit.live import CHANNEL
from market.reviews.service import Verdict
from migrations.policies import POLICIES
from tests.market.production.yard import Run, pooled_deal, single_deal
from tests.market.quotes.conftest import Visitor
from tests.market.reviews.conftest import SignIn
from tests.market.reviews.critics import FAIR, GOOD, accepted, by_factory, by_shop
from tests.market.town import Town

PAGES = ("/deals", "/notices", "/rooms", "/money", "/factories/{factory}", "/deals/{award}", "/reviews/{share}")
CHANGING = re.compile(
    r'(name="csrf[-_]token"[^>]*(?:content|value)="[^"]*")|(name="key" value="[^"]*")|(nonce="[^"]*")'
)


def rows(town: Town, tenant: Tenant) -> dict[str, list[str]]:
    """Everything that a reader finds in any table."""
    with town.sessions() as session:
        act_as(session, tenant)
        return {
            table: sorted(session.scalars(text(f"SELECT CAST(found AS text) FROM {table} AS found")))
            for table in POLICIES
        }


def pages(run: Run, visitor: Visitor, shop: UUID) -> list[tuple[str, int, str]]:
    """Every page that could tell the reader of the share of a shop."""
    share = run.share(shop)
    places = (page.format(factory=run.factory, award=share.award_id, share=share.id) for page in PAGES)
    answers = ((place, visitor.get(place)) for place in places)
    return [(place, found.status_code, CHANGING.sub("", found.get_data(as_text=True))) for place, found in answers]


def test_a_shop_writes_and_the_factory_finds_nothing_new(town: Town, sign_in: SignIn, access: DatabaseAccess) -> None:
    run = accepted(single_deal(town))
    unseen(run, sign_in, access, run.factory, lambda verdict: by_shop(run, verdict), GOOD)


def test_a_factory_writes_and_the_shop_finds_nothing_new(town: Town, sign_in: SignIn, access: DatabaseAccess) -> None:
    run = accepted(single_deal(town))
    unseen(run, sign_in, access, run.shops[0], lambda verdict: by_factory(run, verdict), FAIR)


@pytest.mark.parametrize("of_factory", [True, False])
def test_another_member_of_the_run_finds_nothing_new(
    town: Town, sign_in: SignIn, access: DatabaseAccess, of_factory: bool
) -> None:
    run = accepted(pooled_deal(town))
    small, large = run.shops
    write = by_factory if of_factory else by_shop
    unseen(run, sign_in, access, large, lambda verdict: write(run, verdict, small), FAIR if of_factory else GOOD, small)


def unseen(
    run: Run,
    sign_in: SignIn,
    access: DatabaseAccess,
    reader: UUID,
    write: Callable[[Verdict], object],
    verdict: Verdict,
    shop: UUID | None = None,
) -> None:
    """Nothing that the reader, or a visitor, can read tells that a review was written and changed."""
    share_of = shop or run.shops[0]
    tenants, visitor = (Tenant(Scope.ORGANISATION, reader), VISITOR), sign_in(reader)
    pages(run, visitor, share_of)  # What a page does when it is first opened is done before.
    before, read = [rows(run.town, tenant) for tenant in tenants], pages(run, visitor, share_of)
    with psycopg.connect(psycopg_url(access.application_url), autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        write(verdict)
        write(Verdict(1, {}, "changed my mind"))
        heard = [news.payload for news in listening.notifies(timeout=0.5)]
    for tenant, found in zip(tenants, before, strict=True):
        now = rows(run.town, tenant)
        assert {table for table in POLICIES if now[table] != found[table]} == set(), tenant
    assert pages(run, visitor, share_of) == read
    assert heard, "the writer's own pages look again"
    assert not [news for news in heard if str(reader) in news], "open pages of the reader were told to look"
