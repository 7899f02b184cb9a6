"""What orders usually need, by hand."""

import pytest

from matching.learning.needs import Told, UsualNeeds, usual_needs

TEE = ("t-shirt", "trade:apparel")
HOODIE = ("hoodie", "trade:apparel")


def _told(path: tuple[str, ...], *terms: str) -> Told:
    return Told(path, frozenset(("material", term) for term in terms))


def test_a_share_is_how_many_orders_name_a_term_and_leans_on_wider_goods() -> None:
    told = [_told(TEE, "cotton")] * 6 + [_told(TEE)] * 2 + [_told(HOODIE, "fleece")] * 2
    shares = usual_needs(told).shares
    assert shares["material", "trade:apparel"] == {"cotton": 0.6, "fleece": 0.2}
    # Ten orders of the trade stand behind the eight T-shirts and the two hoodies.
    assert shares["material", "t-shirt"] == {
        "cotton": pytest.approx((6 + 10 * 0.6) / 18, abs=1e-4),
        "fleece": pytest.approx((0 + 10 * 0.2) / 18, abs=1e-4),
    }
    assert shares["material", "hoodie"]["fleece"] == pytest.approx((2 + 10 * 0.2) / 12, abs=1e-4)


def test_goods_that_nobody_ordered_lean_on_the_nearest_that_somebody_did() -> None:
    needs = usual_needs([_told(TEE, "cotton")])
    assert needs.goods_of("material", TEE) == "t-shirt"
    assert needs.goods_of("material", ("polo-shirt", "trade:apparel")) == "trade:apparel"
    assert needs.goods_of("process", TEE) is None
    assert needs.goods_of("material", ("mug", "trade:tableware")) is None


def test_what_hardly_anybody_names_is_no_usual_need() -> None:
    needs = usual_needs([_told(TEE)] * 199 + [_told(TEE, "silk")])
    assert needs.shares == {}


def test_needs_survive_being_stored_and_faults_are_refused() -> None:
    needs = usual_needs([_told(TEE, "cotton"), _told(HOODIE, "fleece"), _told(HOODIE)])
    assert UsualNeeds.from_plain(needs.to_plain()) == needs
    with pytest.raises(ValueError, match="outside 0 to 1"):
        UsualNeeds.from_plain([["material", "t-shirt", [["cotton", 1.5]]]])
