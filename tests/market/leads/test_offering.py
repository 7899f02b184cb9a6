"""Orders and pools are put before few factories, the next one is asked after a no, and terms may change."""

from market.leads.models import LeadState
from market.leads.queries import leads_of_order, offering_of_order
from tests.market.town import Town


def test_a_large_order_reaches_the_best_five(town: Town) -> None:
    shop = town.add_shop("Quiet Wool")
    factories = [town.add_factory(f"Sample Knit {place:02}") for place in range(8)]
    order_id = town.post(shop, town.sweaters(800))
    with town.work("seller", shop) as work:
        leads = leads_of_order(work.session, shop, order_id)
        offering = offering_of_order(work.session, shop, order_id)
    assert offering is not None and offering.open and offering.unmatched_reason == ""
    assert [found.lead.rank for found in leads] == [1, 2, 3, 4, 5]
    assert all(found.lead.state is LeadState.OFFERED for found in leads)
    assert {found.factory.id for found in leads} < set(factories)
