"""Disputes and reviews through the JSON interface: both sides' programs, strangers, wrong states and repeated keys."""

from datetime import date, timedelta
from typing import Any

from market.kit.ids import new_id
from tests.market.deals.programs import FILE, Program, program
from tests.market.disputes.bench import delivered, refunds_arrive
from tests.market.disputes.conftest import clock
from tests.market.production.yard import PHOTO, Run, pooled_deal, single_deal
from tests.market.reviews.critics import accepted
from tests.market.site import Web
from tests.market.town import Town

__all__ = ["clock"]


def cny(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "CNY"}


def people(web: Web, town: Town, run: Run) -> tuple[Program, Program, Program]:
    """Programs of the first shop, of the factory, and of a stranger."""
    stranger = town.add_shop("South Shop")
    made = [("seller", run.shops[0]), ("factory", run.factory), ("seller", stranger)]
    shop, factory, other = (program(web, town, role, who) for role, who in made)
    return shop, factory, other


def claim(run: Run, minor: int = 10_000) -> dict[str, Any]:
    said = {"reason": "defects", "words": "dropped stitches", "pieces": 48}
    return {"share_id": str(run.share(run.shops[0]).id), **said, "amount": cny(minor), "files": [FILE]}


def test_a_dispute_is_opened_shown_settled_and_over(town: Town, web: Web) -> None:
    run = delivered(single_deal(town))
    shop, factory, stranger = people(web, town, run)
    assert shop.refused("/disputes", {**claim(run), "reason": "mood", "pieces": 9_999})[0] == 422
    opened = shop.do("/disputes", claim(run))
    here = f"/disputes/{opened['id']}"
    assert shop.refused("/disputes", claim(run)) == (409, "already_disputed")
    (line,) = factory.read("/disputes")["disputes"]
    assert (line["id"], line["your_side"], line["state"], line["frozen"]["minor"]) == (
        opened["id"], "factory", "open", 10_000,
    )  # fmt: skip
    photo = factory.read(here)["statements"][0]["files"][0]["href"]
    assert factory.client.get(photo, headers=factory._headers()).data == PHOTO.content
    assert stranger.client.get(photo, headers=stranger._headers()).status_code == 404
    said = factory.do(f"{here}/statements", {"words": "we counted 20"})
    assert [row["side"] for row in said["statements"]] == ["shop", "factory"]
    assert shop.refused(f"{here}/statements", {})[0] == 422
    assert shop.refused(f"{here}/call") == (409, "too_early")
    first = factory.do(f"{here}/proposals", {"refund": cny(4_000)})["proposals"][0]["id"]
    assert factory.refused(f"{here}/proposals/{first}/accept") == (409, "own_proposal")
    assert shop.do(f"{here}/proposals/{first}/decline")["proposals"][0]["state"] == "declined"
    second = factory.do(f"{here}/proposals", {"refund": cny(6_000), "words": "and no more"})["proposals"][0]["id"]
    ended = shop.do(f"{here}/proposals/{second}/accept")
    assert (ended["state"], ended["outcome"], ended["refund"]["minor"]) == ("agreed", "part_refund", 6_000)
    refunds_arrive(run)
    late: dict[str, dict[str, Any]] = {
        "statements": {"words": "late"},
        "withdraw": {},
        "call": {},
        "proposals": {"refund": cny(0)},
    }
    for verb, body in late.items():
        assert shop.refused(f"{here}/{verb}", body) == (409, "dispute_moved"), verb
        assert stranger.refused(f"{here}/{verb}", body) == (404, "not_found"), verb
        assert Program(shop.client, "", town).refused(f"{here}/{verb}", body)[0] == 401, verb
    assert stranger.get(here).status_code == 404 and stranger.read("/disputes")["disputes"] == []
    assert stranger.refused("/disputes", claim(run)) == (404, "not_found")


def test_goods_are_made_again_refused_and_the_market_is_called(town: Town, web: Web) -> None:
    run = delivered(single_deal(town))
    shop, factory, _stranger = people(web, town, run)
    opened = shop.do("/disputes", claim(run))
    here, day = f"/disputes/{opened['id']}", (town.clock.now().date() + timedelta(days=20)).isoformat()
    proposal = factory.do(f"{here}/proposals", {"refund": cny(0), "remake_by": day})["proposals"][0]["id"]
    remaking = shop.do(f"{here}/proposals/{proposal}/accept")
    assert remaking["state"] == "remaking" and date.fromisoformat(remaking["remake_by"]).isoformat() == day
    assert shop.refused(f"{here}/remade/refuse", {"words": "nothing came"}) == (409, "dispute_moved")
    factory.do(f"{here}/remade", {"words": "delivered", "files": [FILE]})
    assert factory.refused(f"{here}/remade/accept")[0] == 403
    refused = shop.do(f"{here}/remade/refuse", {"words": "the same again"})
    assert refused["state"] == "escalated" and refused["decide_by"]
    assert shop.do(f"{here}/withdraw")["state"] == "withdrawn"


def test_reviews_are_blind_for_programs_too(town: Town, web: Web) -> None:
    run = accepted(pooled_deal(town))
    shop, factory, stranger = people(web, town, run)
    member = program(web, town, "seller", run.shops[1])
    here = f"/shares/{run.share(run.shops[0]).id}/reviews"
    before = factory.read(here)
    assert (before["state"], before["own"], before["other"]) == ("open", None, None)
    written = shop.do(here, {"stars": 4, "marks": {"on_time": 3}, "words": "late by a day"})
    assert written["own"]["stars"] == 4 and written["other"] is None
    assert factory.read(here) == before
    public = f"/factories/{run.factory}/reviews"
    assert stranger.read(public) == {"count": 0, "average": None, "reviews": [], "next_cursor": None}
    assert factory.refused(here, {"stars": 6, "marks": {"on_time": 5}})[0] == 422
    both = factory.do(here, {"stars": 5})
    assert both["other"] is None, "the worker publishes"
    seen = factory.read(here)
    assert seen["state"] == "published" and seen["other"]["words"] == "late by a day"
    answered = factory.do(f"/reviews/{seen['other']['id']}/answer", {"words": "the dyer was late"})
    assert answered["answer"] == "the dyer was late"
    assert factory.refused(f"/reviews/{seen['other']['id']}/answer", {"words": "more"}) == (409, "already_answered")
    assert shop.refused(here, {"stars": 1}) == (409, "already_published")
    listed = stranger.read(public)
    assert (listed["count"], listed["average"]) == (1, None)
    assert listed["reviews"][0]["goods"] == "sweater" and str(run.shops[0]) not in str(listed)
    for reader in (stranger, member):
        assert reader.get(here).status_code == 404 and reader.refused(here, {"stars": 5}) == (404, "not_found")
        assert reader.refused(f"/reviews/{seen['other']['id']}/answer", {"words": "me"})[0] == 404
    assert Program(shop.client, "", town).refused(here, {"stars": 5})[0] == 401
    assert shop.get(f"/factories/{new_id()}/reviews").status_code == 404
