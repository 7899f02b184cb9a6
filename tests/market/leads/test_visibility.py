"""Who may see what: sellers and factories their own leads, members those of their pool, nobody a name too early."""

import json
from uuid import UUID

from market.kit.paging import Page
from market.leads.queries import (
    LeadCard,
    LeadFilters,
    inbox,
    inbox_counts,
    lead_detail,
    leads_of_order,
    leads_page,
    offering_of_order,
)
from market.leads.requests import BLANK
from market.leads.service import accept_lead
from market.pooling.queries import pool_members, pool_of_order
from tests.market.town import Town


def ids(page: Page[LeadCard]) -> set[UUID]:
    return {card.id for card in page.rows}


def test_each_side_sees_its_own_leads(town: Town) -> None:
    shop, rival = town.add_shop("Quiet Wool"), town.add_shop("Loud Wool")
    first, second = town.add_factory("Sample Knit 01"), town.add_factory("Sample Knit 02")
    order_id = town.post(shop, town.sweaters(800))
    with town.work("seller", shop) as work:
        own = {entry.lead.id for entry in leads_of_order(work.session, shop, order_id)}
        assert len(own) == 2 and ids(leads_page(work.session, LeadFilters())) == own
    with town.work("seller", rival) as work:
        assert leads_of_order(work.session, shop, order_id) == [] == leads_of_order(work.session, rival, order_id)
        assert offering_of_order(work.session, shop, order_id) is None
        assert ids(leads_page(work.session, LeadFilters())) == set()
    with town.work("factory", first) as work:
        assert len(ids(inbox(work.session, first))) == 1 and inbox(work.session, second).rows == ()
        assert ids(leads_page(work.session, LeadFilters())) == ids(inbox(work.session, first))
        assert inbox_counts(work.session, first).waiting == 1
    with town.work("operator") as work:
        assert ids(leads_page(work.session, LeadFilters(factory_id=second))) < own
        assert ids(leads_page(work.session, LeadFilters(vertical="apparel"))) == own


def test_the_buyer_has_no_name_before_acceptance(town: Town) -> None:
    shop = town.add_shop("Quiet Wool")
    factory = town.add_factory("Sample Knit 01")
    town.post(shop, town.sweaters(800, title="QUIET WOOL crew necks", description="For quiet wool, navy"))
    with town.work("factory", factory) as work:
        lead_id = inbox(work.session, factory).rows[0].id
        before = lead_detail(work.session, factory, lead_id)
    assert before.buyer_name is None and not before.may_see_files
    assert "quiet wool" not in json.dumps(before.offering.brief).lower() and BLANK in before.offering.title
    assert before.buyer.orders == 1 and before.buyer.payments == 0
    with town.work("factory", factory) as work:
        accept_lead(work, lead_id)
    with town.work("factory", factory) as work:
        after = lead_detail(work.session, factory, lead_id)
    assert after.buyer_name == "Quiet Wool" and after.may_see_files


def test_members_of_a_pool_learn_counts_and_nothing_of_each_other(town: Town) -> None:
    factory = town.add_factory("Sample Knit 01")
    shop, rival, stranger = (town.add_shop(name) for name in ("Quiet Wool", "Loud Wool", "Stranger"))
    own = town.post(shop, town.sweaters(120))
    other = town.post(rival, town.sweaters(90, title="Secret ski sweater", description="never to be seen"))
    with town.work("seller", shop) as work:
        pool = pool_of_order(work.session, shop, own)
        assert pool is not None and (pool.yours, pool.others, pool.others_count) == (120, 90, 1)
        assert pool_of_order(work.session, rival, other) is None
        assert [member.order_id for member in pool_members(work.session, pool.pool_id)] == [own]
        leads = leads_of_order(work.session, shop, own)
        seen = json.dumps([repr(leads), repr(offering_of_order(work.session, shop, own)), repr(pool)])
    assert len(leads) == 1 and leads[0].lead.pool_id == pool.pool_id
    for secret in ("Secret", "never to be seen", "Loud Wool", str(rival), str(other)):
        assert secret not in seen
    with town.work("factory", factory) as work:
        told = lead_detail(work.session, factory, leads[0].lead.id)
    for secret in ("Secret", "Quiet Wool", "Loud Wool", str(rival), str(shop)):
        assert secret not in repr(told)
    with town.work("seller", stranger) as work:
        assert leads_page(work.session, LeadFilters()).rows == ()
