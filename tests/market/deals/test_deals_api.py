"""Deals through the JSON interface: a whole deal by the programs of both sides, and what is refused to whom."""

from typing import Any
from uuid import UUID

import pytest

from market.kit.ids import new_id
from market.production import service
from tests.market.deals.conftest import clock
from tests.market.deals.programs import FILE, Program, program
from tests.market.production.yard import FEE, PHOTO, PRICE, Run, pooled_deal, single_deal
from tests.market.settlement.test_flows import pay
from tests.market.site import Web
from tests.market.town import Town

__all__ = ["clock"]
DECISION = {"choice": "approve"}
DELIVERY = {"received_by": "the warehouse", "files": [FILE]}


def place(run: Run, shop: UUID | None = None) -> str:
    return f"/deals/{run.share(shop or run.shops[0]).award_id}"


def both(web: Web, town: Town, run: Run) -> tuple[Program, Program]:
    return program(web, town, "seller", run.shops[0]), program(web, town, "factory", run.factory)


def due(answer: dict[str, Any]) -> list[str]:
    return [task["what"] for task in answer["due_from_you"]]


def test_programs_bring_a_deal_from_its_sample_to_its_acceptance(town: Town, web: Web) -> None:
    run = single_deal(town)
    shop, factory = both(web, town, run)
    here = place(run)
    share_id = str(run.share(run.shops[0]).id)
    (line,) = shop.read("/deals")["deals"]
    assert (line["id"], line["state"], due(line)) == (here[7:], "sampling", ["pay_sample_fee"])
    assert line["money"]["price"] == {"minor": 800 * PRICE, "currency": "CNY"} and line["money"]["commission"] is None
    pay(run, "sample_fee")
    assert shop.read(here)["money"]["held"]["minor"] == FEE
    assert due(factory.read(here)) == ["make_sample"]

    sent = factory.do(f"{here}/sample", {"note": "by your drawing", "files": [FILE]})
    (photo,) = sent["samples"][0]["files"]
    assert shop.client.get(photo["href"], headers=shop._headers()).data == PHOTO.content
    assert due(shop.read(here)) == ["decide_sample"]
    shop.do(f"{here}/samples/{sent['samples'][0]['id']}", DECISION)
    pay(run, "deposit")
    factory.do(f"{here}/purchases", {"amount": {"minor": 500_000, "currency": "CNY"}, "note": "yarn", "files": [FILE]})
    factory.do(f"{here}/begin")
    for stage in service.stages_of(run.deal.vertical):
        made = factory.do(f"{here}/stages/{stage}", {"note": "done", "files": [FILE]})
    assert made["state"] == "inspecting" and all(stage["finished_on"] for stage in made["stages"])
    sheet = [{"share_id": share_id, "pieces": 800}]
    found = factory.do(f"{here}/inspections", {"sampled": 80, "major": 2, "allocated": sheet})
    assert found["inspections"][0]["passed"] is True and found["state"] == "balance_due"
    pay(run, "balance")
    parcel = {"share_id": share_id, "pieces": 800, "carrier": "SF", "waybill": "SF1"}
    factory.do(f"{here}/parcels", {"parcels": [parcel]})
    assert due(shop.read(here)) == ["confirm_delivery"]
    arrived = shop.do(f"{here}/received", {"received_by": "the warehouse"})
    assert due(arrived) == ["accept"] and arrived["parcels"][0]["received_by"] == "the warehouse"
    accepted = shop.do(f"{here}/accept")
    assert accepted["shares"][0]["accepted_by"] == "buyer"
    over = factory.read(here)
    assert over["state"] == "accepted" and over["money"]["net"]["minor"] == 800 * PRICE * 95 // 100
    assert over["money"]["released"]["minor"] == 800 * PRICE and over["money"]["pay_by"]
    kinds = [paper["kind"] for paper in over["documents"]]
    assert kinds == ["pro-forma", "invoice", "packing-list", "quality-report", "settlement"]
    assert [step["look"] for step in over["timeline"]][-2:] == ["done", "now"]


def test_a_rejection_a_cancelling_and_a_delivery_by_the_factory(town: Town, web: Web) -> None:
    run = single_deal(town)
    shop, factory = both(web, town, run)
    here = place(run)
    sample = factory.do(f"{here}/sample", {"files": [FILE]})["samples"][0]["id"]
    assert shop.refused(f"{here}/samples/{sample}", {"choice": "reject"})[0] == 422
    again = shop.do(f"{here}/samples/{sample}", {"choice": "reject", "comments": "fringe too short"})
    assert [row["state"] for row in again["samples"]] == ["rejected", "asked"]
    assert again["samples"][0]["voices"][0]["comments"] == "fringe too short"
    ended = shop.do(f"{here}/cancel")
    assert (ended["state"], ended["why_ended"]) == ("cancelled", "buyer")
    assert factory.refused(f"{here}/cancel") == (409, "not_cancellable")


def test_a_failed_inspection_is_decided_and_a_parcel_proven_delivered(town: Town, web: Web) -> None:
    run = single_deal(town).to_inspection()
    shop, factory = both(web, town, run)
    here, share = place(run), str(run.share(run.shops[0]).id)
    sheet = [{"share_id": share, "pieces": 800}]
    assert factory.refused(f"{here}/inspections", {"sampled": 80, "major": 90, "allocated": sheet})[0] == 422
    found = factory.do(f"{here}/inspections", {"sampled": 80, "major": 40, "allocated": sheet, "discount_percent": 5})
    decided = shop.do(f"{here}/inspections/{found['inspections'][0]['id']}", {"choice": "discount"})
    assert decided["shares"][0]["discount"]["minor"] == 800 * PRICE // 20
    run.pay("balance")
    parcel = {"share_id": share, "pieces": 800, "carrier": "SF", "waybill": "SF1"}
    factory.do(f"{here}/parcels", {"parcels": [parcel]})
    assert factory.refused(f"{here}/parcels/{share}/delivered", {"received_by": "Li"})[0] == 422
    assert factory.do(f"{here}/parcels/{share}/delivered", DELIVERY)["state"] == "delivered"


BODIES: dict[str, dict[str, Any]] = {
    "samples/{id}": DECISION,
    "inspections/{id}": {"choice": "rework"},
    "received": {"received_by": "the warehouse"},
    "accept": {},
    "sample": {"files": [FILE]},
    "purchases": {"amount": {"minor": 1, "currency": "CNY"}, "files": [FILE]},
    "begin": {},
    "stages/panels": {},
    "inspections": {"sampled": 80, "allocated": []},
    "parcels": {"parcels": []},
    "parcels/{share}/delivered": DELIVERY,
    "cancel": {},
}
OF_SHOPS = ("samples/{id}", "inspections/{id}", "received", "accept", "cancel")


@pytest.fixture
def closed(town: Town) -> Run:
    """A deal in which nothing more can be done."""
    run = single_deal(town).to_delivered()
    run.accept(run.shops[0])
    return run


def test_every_verb_names_the_state_that_it_found_and_is_closed_to_others(town: Town, web: Web, closed: Run) -> None:
    shop, factory = both(web, town, closed)
    strangers = (
        program(web, town, "seller", town.add_shop("South Shop")),
        program(web, town, "factory", town.add_factory("Far Knit")),
    )
    nobody = Program(web.app.test_client(), "", town)
    share = closed.share(closed.shops[0])
    for verb, body in BODIES.items():
        address = f"{place(closed)}/{verb.format(id=new_id(), share=share.id)}"
        own, other = (shop, factory) if verb in OF_SHOPS else (factory, shop)
        expected = (409, "not_cancellable" if verb == "cancel" else "wrong_state")
        assert own.refused(address, body) == expected, verb
        assert nobody.refused(address, body)[0] == 401, verb
        stranger = strangers[0] if verb in OF_SHOPS else strangers[1]
        assert stranger.refused(address, body) == (404, "not_found"), verb
        assert verb == "cancel" or other.refused(address, body)[0] == 403, verb
        assert own.client.post(f"/api/v1{address}", json=body, headers=own._headers()).status_code == 422, "no key"
    for stranger in strangers:
        assert stranger.get(place(closed)).status_code == 404 and stranger.read("/deals")["deals"] == []
    assert nobody.get("/deals").status_code == nobody.get(place(closed)).status_code == 401
    assert shop.get("/deals/nonsense").status_code == shop.get(f"/deals/files/{new_id()}").status_code == 404


def test_a_key_is_for_one_request(town: Town, web: Web) -> None:
    run = single_deal(town)
    _shop, factory = both(web, town, run)
    assert factory.post(f"{place(run)}/sample", {"files": [FILE]}, key="one").status_code == 200
    other = factory.post(f"{place(run)}/sample", {"files": [FILE], "note": "other"}, key="one")
    assert other.status_code == 422
    bad = factory.post(f"{place(run)}/sample", {"files": [{"name": "a.png", "content": "=no base64!"}]})
    assert bad.status_code == 422 and "files" in bad.get_json()["errors"][0]["field"]


def test_a_member_of_a_pool_reads_the_run_and_its_own_share(town: Town, web: Web) -> None:
    run = pooled_deal(town).to_shipped()
    small, large = run.shops
    member, factory = program(web, town, "seller", small), program(web, town, "factory", run.factory)
    seen = member.read(place(run, small))
    own, other = run.share(small), run.share(large)
    text = member.get(place(run, small)).text
    assert [row["id"] for row in seen["shares"]] == [str(own.id)]
    assert {row["share_id"] for row in seen["dues"]} == {row["share_id"] for row in seen["parcels"]} == {str(own.id)}
    assert seen["pieces"] == 120 and all(hidden not in text for hidden in (str(other.id), str(large), other.code))
    assert member.get(place(run, large)).status_code == 404
    every = factory.read(place(run, large))
    assert {row["id"] for row in every["shares"]} == {str(own.id), str(other.id)} and every["is_pooled"]
    assert str(small) not in factory.get(place(run, large)).text, "a factory knows orders, not their shops' ids"
    (line,) = factory.read("/deals")["deals"]
    assert line["pieces"] == run.deal.pieces


def test_deals_are_paged_by_cursor(town: Town, web: Web) -> None:
    run = single_deal(town)
    shop, _factory = both(web, town, run)
    page = shop.read("/deals?limit=1")
    assert len(page["deals"]) == 1 and page["next_cursor"] is None
    assert shop.get("/deals?cursor=nonsense").status_code == 422
