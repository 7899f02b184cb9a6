"""The sample: made with a photo, decided by most pieces, the deposit asked only after, the third rejection ends it."""

from collections.abc import Callable
from uuid import UUID

import pytest

from market.kit.errors import DomainFault, Invalid, NotFound
from market.kit.uploads import UploadedFile
from market.kit.work import Work
from market.production import queries, service
from market.production.deals import AlreadySaid, WrongState
from tests.market.production.yard import FEE, PHOTO, PRICE, events, pooled_deal, single_deal
from tests.market.town import Town


def asked(town: Town, purpose: str) -> list[int]:
    return [int(str(one["minor"])) for one in events(town, "PaymentAsked") if one["purpose"] == purpose]


def test_a_second_sample_is_approved_and_only_then_the_deposit_is_asked(town: Town) -> None:
    run = single_deal(town)
    shop = run.shops[0]
    with pytest.raises(Invalid), town.work("factory", run.factory) as work:
        service.make_sample(work, run.deal_id, [])
    with pytest.raises(Invalid), town.work("factory", run.factory) as work:
        service.make_sample(work, run.deal_id, [UploadedFile("front.png", b"not a picture")])
    run.by_factory(service.make_sample, [PHOTO], "the first one")
    with pytest.raises(Invalid), town.work("seller", shop) as work:
        service.reject_sample(work, run.deal_id, run.sample_id(), "  ")
    first = run.sample_id()
    run.by_shop(shop, service.reject_sample, first, "sleeves 2 cm shorter")
    assert (run.state, asked(town, "deposit")) == ("sampling", [])
    with pytest.raises(WrongState, match="version 2 of the sample is asked"), town.work("seller", shop) as work:
        service.approve_sample(work, run.deal_id, first)

    run.by_factory(service.make_sample, [PHOTO])
    run.by_shop(shop, service.approve_sample, run.sample_id())

    assert run.state == "deposit_due"
    assert asked(town, "deposit") == [800 * PRICE * 30 // 100]
    assert {"sample_rejected", "sample_approved"} <= set(town.notices(run.factory))
    with town.work("factory", run.factory) as work:
        versions = queries.samples_of_deal(work.session, run.deal_id)
        assert [version.state.value for version in versions] == ["rejected", "approved"]
        assert versions[0].voices[0].comments == "sleeves 2 cm shorter"
        assert [file.media_type for file in versions[0].files] == ["image/png"]
        assert queries.file_content(work.session, versions[0].files[0].id)[1] == PHOTO.content
    with pytest.raises(WrongState, match="deposit_due"), town.work("seller", shop) as work:
        service.reject_sample(work, run.deal_id, run.sample_id(), "too late")


def test_an_unpaid_fee_is_dropped_with_the_approval_and_a_paid_one_stays(town: Town) -> None:
    run = pooled_deal(town)
    small, large = run.shops
    run.pay("sample_fee", small)
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    assert [one["share_id"] for one in events(town, "PaymentDropped")] == [str(run.share(large).id)]
    with town.work("system") as work:
        assert service.payment_arrived(work, run.share(large).id, "sample_fee") is False
        assert service.payment_arrived(work, run.share(small).id, "sample_fee") is True
        asks = queries.asks_of_deal(work.session, run.deal_id)
    states = {(ask.share_id, ask.purpose.value): ask.state.value for ask in asks}
    assert states[run.share(small).id, "sample_fee"] == "arrived"
    assert sum(ask.amount.minor for ask in asks if ask.purpose == "sample_fee") == FEE


def test_the_third_rejection_ends_the_deal(town: Town) -> None:
    run = single_deal(town)
    for _version in range(3):
        assert run.state == "sampling"
        run.by_factory(service.make_sample, [PHOTO])
        run.by_shop(run.shops[0], service.reject_sample, run.sample_id(), "again")
    assert run.state == "cancelled"
    ended = events(town, "DealCancelled")
    assert [(one["why"], one["proven_minor"]) for one in ended] == [("third_rejection", 0)]
    assert asked(town, "deposit") == []
    with pytest.raises(WrongState, match="cancelled"), town.work("factory", run.factory) as work:
        service.make_sample(work, run.deal_id, [PHOTO])


def test_members_with_more_than_half_the_pieces_decide_a_pools_sample(town: Town) -> None:
    run = pooled_deal(town)
    small, large = run.shops
    run.by_factory(service.make_sample, [PHOTO])
    run.by_shop(small, service.reject_sample, run.sample_id(), "wrong navy")
    assert run.state == "sampling"
    with pytest.raises(AlreadySaid, match="reject"), town.work("seller", small) as work:
        service.approve_sample(work, run.deal_id, run.sample_id())
    with town.work("seller", large) as work:
        assert queries.samples_of_deal(work.session, run.deal_id)[0].voices == ()
        assert queries.samples_of_deal(work.session, run.deal_id)[0].files
    run.by_shop(large, service.approve_sample, run.sample_id())
    assert run.state == "deposit_due"
    assert sorted(asked(town, "deposit")) == sorted(run.share(shop).total.minor * 30 // 100 for shop in run.shops)
    assert {one["together"] for one in events(town, "PaymentAsked") if one["purpose"] == "deposit"} == {True}

    run.pay("deposit", small)
    assert run.state == "deposit_due"
    run.pay("deposit", large)
    run.pay("deposit", large)
    assert run.state == "materials"
    assert town.notices(run.factory).count("deposits_held") == 1


def test_strangers_and_the_other_side_find_nothing_to_decide(town: Town) -> None:
    run = single_deal(town)
    stranger = town.add_shop("Strange Shop")
    other = town.add_factory("Other Knit")
    attempts: list[tuple[str, UUID, Callable[[Work], object]]] = [
        ("factory", other, lambda work: service.make_sample(work, run.deal_id, [PHOTO])),
        ("seller", run.shops[0], lambda work: service.make_sample(work, run.deal_id, [PHOTO])),
        ("seller", stranger, lambda work: service.approve_sample(work, run.deal_id, run.sample_id())),
        ("factory", run.factory, lambda work: service.approve_sample(work, run.deal_id, run.sample_id())),
    ]
    for role, organisation_id, attempt in attempts:
        with pytest.raises(NotFound), town.work(role, organisation_id) as work:
            attempt(work)
    with pytest.raises(DomainFault, match="sample is asked"), town.work("seller", run.shops[0]) as work:
        service.approve_sample(work, run.deal_id, run.sample_id())
    assert run.state == "sampling"
