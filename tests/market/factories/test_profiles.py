"""Factories: registering, changing, availability, certificates, and who may do what."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from market.factories import queries, service
from market.factories.certificates import (
    CertificateDraft,
    add_certificate,
    remove_certificate,
    retire_expired_certificates,
)
from market.factories.completeness import completeness
from market.factories.evidence import UnusableEvidence, bare_file_name, media_type_of
from market.factories.models import FACTORY_TRANSITIONS, Factory, FactoryState, FactoryVersion
from market.factories.queries import FactoryFilters, as_record
from market.kit import history
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.history import HistoryEntry, IllegalMove, chain_is_whole
from market.leads.queries import inbox
from matching.verticals.pack import load_vocabulary
from tests.market.town import KNITTER, Town

MONDAY = date(2026, 11, 23)
PDF = b"%PDF-1.7 evidence"


def change(town: Town, factory: UUID, seen: int = 1, **changes: object) -> queries.FactoryProfile:
    with town.work("factory", factory) as work:
        return service.change_profile(work, changes, seen)


def test_a_factory_that_registers_can_be_matched_at_once_with_nothing_but_what_it_makes(town: Town) -> None:
    bare = dict.fromkeys(("minimum_quantity", "capacity_per_week", "lead_time_days", "region"))
    factory = town.add_factory(
        "Bare Knit", **bare, unit_price_low_minor=None, unit_price_high_minor=None, attributes={}
    )
    town.post(town.add_shop("North Shop"), town.sweaters(800))
    with town.work("factory", factory) as work:
        assert len(inbox(work.session, factory).rows) == 1
        assert queries.profile_versions(work.session) == {factory: 1}
        with pytest.raises(service.AlreadyRegistered):
            service.register_factory(work, KNITTER)


REFUSED = [
    ({"name": " "}, "name"),
    ({"name": "x" * 81}, "name"),
    ({"vertical": "spaceships"}, "vertical"),
    ({"processes": ("warp-drive",)}, "processes"),
    ({"processes": ("slip-casting",)}, "processes"),
    ({"processes": (), "categories": ()}, "processes"),
    ({"region": "atlantis"}, "region"),
    ({"attributes": {"wings": ("2",)}}, "attributes.wings"),
    ({"attributes": {"gauge": ("twelve",)}}, "attributes.gauge"),
    ({"attributes": {"neckline": ("zigzag",)}}, "attributes.neckline"),
    ({"minimum_quantity": 0}, "minimum_quantity"),
    ({"capacity_per_week": -1}, "capacity_per_week"),
    ({"lead_time_days": 366}, "lead_time_days"),
    ({"leads_per_week": -1}, "leads_per_week"),
    ({"unit_price_low_minor": 0}, "unit_price_low"),
    ({"unit_price_low_minor": 20_000}, "unit_price_high"),
    ({"currency": "XXX"}, "currency"),
    ({"description": "x" * 4001}, "description"),
]


@pytest.mark.parametrize(("wrong", "field"), REFUSED)
def test_what_cannot_be_taken_is_named_with_what_is_accepted(wrong: dict[str, Any], field: str) -> None:
    faults = service.check_profile(replace(KNITTER, **wrong), load_vocabulary())
    assert field in {fault.field for fault in faults}
    assert all(fault.problem and fault.accepted for fault in faults)


def test_the_packs_own_sound_profile_has_no_fault() -> None:
    assert service.check_profile(KNITTER, load_vocabulary()) == ()


def test_every_change_is_a_version_with_its_history(town: Town) -> None:
    factory = town.add_factory("Near Knit")
    assert change(town, factory, 1, minimum_quantity=150).version == 2
    assert change(town, factory, 2, minimum_quantity=150).version == 2  # nothing changed
    assert change(town, factory, 2, materials=("wool",), description="改做羊毛").version == 3
    with town.work("factory", factory) as work:
        kept = work.session.scalars(select(FactoryVersion).order_by(FactoryVersion.version)).all()
        assert [row.profile["minimum_quantity"] for row in kept] == [200, 150, 150]
        assert kept[2].profile["materials"] == ["wool"]
        lines = history.history_of(work.session, factory, "factories", factory)
        assert lines[0].details["materials"] == {"from": ["cashmere", "wool"], "to": ["wool"]}
        of_factory = select(HistoryEntry).where(HistoryEntry.aggregate == "factories").order_by(HistoryEntry.sequence)
        entries = work.session.scalars(of_factory).all()
        assert chain_is_whole(list(entries))


def test_a_stale_profile_is_refused_and_changes_nothing(town: Town) -> None:
    factory = town.add_factory("Near Knit")
    change(town, factory, 1, minimum_quantity=150)
    with pytest.raises(service.StaleProfile):
        change(town, factory, 1, minimum_quantity=900)
    with pytest.raises(service.UnusableProfile):
        change(town, factory, 2, wings=2)
    with town.work("factory", factory) as work:
        found = queries.profile(work.session, factory)
        assert found is not None
        assert (found.minimum_quantity, found.version) == (150, 2)


def test_of_two_changes_at_once_one_is_kept(town: Town) -> None:
    factory = town.add_factory("Near Knit")
    together = threading.Barrier(2)
    outcomes: list[object] = []

    def rival(minimum: int) -> None:
        together.wait(10)
        try:
            outcomes.append(change(town, factory, 1, minimum_quantity=minimum).version)
        except Conflict as fault:
            outcomes.append(type(fault))

    threads = [threading.Thread(target=rival, args=(minimum,)) for minimum in (300, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes, key=str) == [2, service.StaleProfile]


def test_a_full_factory_gets_no_new_leads_until_next_monday(town: Town) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("North Shop")
    with town.work("factory", factory) as work:
        assert service.say_full(work).full_until == MONDAY + timedelta(days=7)
    town.post(shop, town.sweaters(800))
    assert _lead_count(town, factory) == 0

    town.clock.advance(timedelta(days=6))
    assert town.sweep(service.reopen_due_factories) == 0
    town.clock.advance(timedelta(days=1))
    assert town.sweep(service.reopen_due_factories) == 1
    town.deliver()
    assert _lead_count(town, factory) == 1
    assert town.sweep(service.reopen_due_factories) == 0


@pytest.mark.parametrize(
    ("day", "opens"),
    [(MONDAY + timedelta(days=days), MONDAY + timedelta(days=7)) for days in range(7)]
    + [(MONDAY + timedelta(days=7), MONDAY + timedelta(days=14))],
)
def test_next_monday_is_always_ahead(day: date, opens: date) -> None:
    assert service.next_monday(day) == opens


@pytest.mark.parametrize("days", [-1, 0, 181])
def test_a_factory_is_full_until_a_day_that_makes_sense(town: Town, days: int) -> None:
    factory = town.add_factory("Near Knit")
    with town.work("factory", factory) as work, pytest.raises(Invalid) as raised:
        service.say_full(work, work.today + timedelta(days=days))
    assert raised.value.faults[0].field == "until"


def test_only_the_market_opens_what_it_paused(town: Town) -> None:
    factory = town.add_factory("Near Knit")
    with town.work("operator") as work:
        service.pause_factory(work, factory, "asked to")
    with town.work("factory", factory) as work:
        for attempt in (service.say_open, service.say_full):
            with pytest.raises(Conflict):
                attempt(work)
        assert queries.matchable_factories(work.session) == []
    with town.work("operator") as work:
        assert service.resume_factory(work, factory).state is FactoryState.OPEN


@pytest.mark.parametrize("found", FactoryState)
@pytest.mark.parametrize("wanted", FactoryState)
def test_the_table_of_states_is_the_law(town: Town, found: FactoryState, wanted: FactoryState) -> None:
    factory = town.add_factory("Near Knit")
    with town.work("system") as work:
        work.session.execute(text("UPDATE factories SET state = :state"), {"state": found.value})
        row = work.session.scalars(select(Factory).where(Factory.id == factory)).one()
        if wanted in FACTORY_TRANSITIONS[found]:
            history.move(work, row, wanted, FACTORY_TRANSITIONS)
            assert row.state is wanted
        else:
            with pytest.raises(IllegalMove, match=found.value):
                history.move(work, row, wanted, FACTORY_TRANSITIONS)
            assert row.state is found


def test_certificates_declare_themselves_and_show_their_file(town: Town) -> None:
    factory, other = town.add_factory("Near Knit"), town.add_factory("Far Knit")
    draft = CertificateDraft(
        "oeko-tex-100", "TESTEX", "A-1", MONDAY, MONDAY + timedelta(days=365), "../../etc/证书.pdf", PDF
    )
    with town.work("factory", factory) as work:
        added = add_certificate(work, draft)
        found = queries.profile(work.session, factory)
        assert found is not None
        assert (found.certifications, found.version, added.file_name) == (("oeko-tex-100",), 2, "证书.pdf")
        assert added.media_type == "application/pdf"
        assert [added.is_expired(MONDAY + timedelta(days=days)) for days in (365, 366)] == [False, True]
    with town.work("seller", town.add_shop("North Shop")) as work:
        file = queries.certificate_file(work.session, factory, added.id)
        assert file is not None
        assert file.content == PDF
    with town.work("factory", other) as work, pytest.raises(NotFound):
        remove_certificate(work, added.id)
    with town.work("factory", factory) as work:
        remove_certificate(work, added.id)
        found = queries.profile(work.session, factory)
        assert found is not None
        assert (found.certifications, found.certificates) == ((), ())


def held(town: Town, factory: UUID) -> tuple[str, ...]:
    """The certifications that the next ranking reads, in the order of the profile."""
    with town.work("system") as work:
        return as_record(queries.profiles(work.session, [factory])[factory]).certifications


def test_a_certificate_counts_until_its_last_day_and_no_longer(town: Town) -> None:
    """A second one that holds on keeps the certification; one that was declared without a certificate has no end."""
    today = town.clock.now().date()
    factory = town.add_factory("Near Knit", certifications=("iso-9001",))
    last_days = {"oeko-tex-100": [0], "grs": [0, 10], "rcs": [-1]}
    with town.work("factory", factory) as work:
        for name, offsets in last_days.items():
            for offset in offsets:
                add_certificate(work, CertificateDraft(name, expires_on=today + timedelta(days=offset)))
    assert held(town, factory) == ("iso-9001", "oeko-tex-100", "grs")
    assert town.sweep(retire_expired_certificates) == 0
    town.clock.advance(timedelta(days=1))
    assert [town.sweep(retire_expired_certificates) for _ in range(2)] == [1, 0]
    assert held(town, factory) == ("iso-9001", "grs")
    assert town.notices(factory) == ["certificate_ended"]
    with town.work("factory", factory) as work:
        found = queries.profile(work.session, factory)
        assert found is not None
        later = next(shown for shown in found.certificates if shown.expires_on == today + timedelta(days=10))
        remove_certificate(work, later.id)
    assert held(town, factory) == ("iso-9001",)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"certification": "medal"}, "certification"),
        ({"issued_on": MONDAY, "expires_on": MONDAY - timedelta(days=1)}, "expires_on"),
        ({"issuer": "x" * 81}, "issuer"),
        ({"file_name": "a.pdf", "content": b""}, "file"),
        ({"file_name": "a.pdf", "content": b"<script>"}, "file"),
        ({"file_name": "a.pdf", "content": PDF + bytes(11 * 1024 * 1024)}, "file"),
    ],
)
def test_a_certificate_that_cannot_be_taken_names_the_field(town: Town, wrong: dict[str, Any], field: str) -> None:
    factory = town.add_factory("Near Knit")
    draft = replace(CertificateDraft("oeko-tex-100"), **wrong)
    with town.work("factory", factory) as work:
        with pytest.raises(Invalid) as raised:
            add_certificate(work, draft)
        assert [fault.field for fault in raised.value.faults] == [field]
        assert work.session.scalar(text("SELECT count(*) FROM factory_certificates")) == 0


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF0000WEBPVP8 ", "image/webp"),
        (b"MZ\x90", None),
        (b"GIF89a", None),
        (b"PK\x03\x04", None),
    ],
)
def test_what_a_file_is_stands_in_its_content(content: bytes, media_type: str | None) -> None:
    if media_type is None:
        with pytest.raises(UnusableEvidence):
            media_type_of("looks-like.pdf", content, 1000)
    else:
        assert media_type_of("nameless", content, 1000) == media_type


@pytest.mark.parametrize(
    ("given", "bare"),
    [("C:\\Users\\x\\a.pdf", "a.pdf"), ("../../x.png", "x.png"), ("a\r\nb.pdf", "ab.pdf"), ("", "certificate")],
)
def test_file_names_come_without_folders_and_control_characters(given: str, bare: str) -> None:
    assert bare_file_name(given) == bare


def test_completeness_names_the_weightiest_gap_first(town: Town) -> None:
    factory = town.add_factory("Near Knit", processes=(), lead_time_days=None, attributes={})
    with town.work("factory", factory) as work:
        found = queries.profile(work.session, factory)
    assert found is not None
    before = completeness(found, load_vocabulary())
    assert [part.field for part in before.missing][:2] == ["processes", "lead_time_days"]
    assert before.done + len(before.missing) == before.total
    after = completeness(change(town, factory, 1, lead_time_days=9), load_vocabulary())
    assert after.done == before.done + 1


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (FactoryFilters(), ["Wool Home", "Near Knit"]),
        (FactoryFilters(vertical="home"), ["Wool Home"]),
        (FactoryFilters(process="flat-knitting"), ["Near Knit"]),
        (FactoryFilters(text="WOOL"), ["Wool Home", "Near Knit"]),
        (FactoryFilters(text="横机", text_terms=("flat-knitting",)), ["Near Knit"]),
        (FactoryFilters(text="100%_"), []),
        (FactoryFilters(state=FactoryState.FULL), []),
        (FactoryFilters(region="zhejiang", material="cashmere", category="sweater"), ["Near Knit"]),
    ],
)
def test_the_public_list_is_narrowed(town: Town, filters: FactoryFilters, names: list[str]) -> None:
    town.add_factory("Near Knit")
    home = {"vertical": "home", "categories": ("towel",), "processes": (), "materials": (), "attributes": {}}
    town.add_factory("Wool Home", **home, region=None, description="")
    with town.work("visitor") as work:
        page = queries.factories_page(work.session, filters)
        assert [row.name for row in page.rows] == names
        assert queries.factory_count(work.session, filters) == len(names)


def test_pages_of_the_list_hold_every_factory_once(town: Town) -> None:
    for number in range(5):
        town.add_factory(f"Knit {number}")
    seen: list[str] = []
    after = None
    with town.work("visitor") as work:
        while True:
            page = queries.factories_page(work.session, FactoryFilters(), after=after, size=2)
            seen += [row.name for row in page.rows]
            if page.next_cursor is None:
                break
            after = page.rows[-1].id
    assert seen == [f"Knit {number}" for number in (4, 3, 2, 1, 0)]


def test_nobody_writes_into_a_foreign_profile(town: Town) -> None:
    factory, other = town.add_factory("Near Knit"), town.add_factory("Far Knit")
    with town.work("factory", other) as work:
        changed = work.session.execute(
            text("UPDATE factories SET name = 'Mine' WHERE id = :id RETURNING id"), {"id": factory}
        )
        assert changed.all() == []
    theirs = text(
        "INSERT INTO factory_certificates (organisation_id, id, certification, issuer, number, created_at) "
        "VALUES (:id, :id, 'x', '', '', now())"
    )
    with pytest.raises(DBAPIError, match="row-level security"), town.work("factory", other) as work:
        work.session.execute(theirs, {"id": factory})
    with town.work("factory", other) as work:
        assert work.session.scalar(text("SELECT count(*) FROM factory_versions")) == 1


def test_the_engine_reads_money_in_major_units_and_every_attribute_value(town: Town) -> None:
    factory = town.add_factory("Near Knit", attributes={"gauge": ("7", "12"), "fit": ("slim",)}, equipment="24 looms")
    with town.work("factory", factory) as work:
        found = queries.profile(work.session, factory)
    assert found is not None
    record = as_record(found)
    assert (record.unit_price_low, record.unit_price_high) == (100.0, 136.0)
    assert record.attributes == (("fit", "slim"), ("gauge", "7"), ("gauge", "12"))
    assert record.description.endswith("24 looms")


def _lead_count(town: Town, factory: UUID) -> int:
    with town.work("factory", factory) as work:
        return len(inbox(work.session, factory, part="all").rows)
