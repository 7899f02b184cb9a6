"""A ranking that was kept comes out again to the last byte, or it is said where it does not, or why it cannot."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from market.leads.freezing import record_of_json
from market.leads.rankings import Cause
from market.ranking.encoders import Encoders
from market.ranking.ranker import Ranker
from market.ranking.service import PRIOR, publish_ranker
from market.replay.comparing import Verdict
from market.replay.rebuilding import Obstacle, Rebuilder
from matching.encoder.static_encoder import EmbedderError
from matching.ports import Embedder, Vectors
from matching.verticals.pack import load_vocabulary
from tests.conftest import AS_SYSTEM
from tests.market.replay.conftest import LARGE, add_factories, kept, live_through, replay
from tests.market.town import Town


def test_every_kind_of_ranking_comes_out_identical(curious: Town, shop: UUID, rebuilder: Rebuilder) -> None:
    live_through(curious, shop)
    rows = kept(curious)
    with curious.work("system") as work:
        publish_ranker(work, replace(PRIOR, id="another"), "encoder")
    assert {row.cause for row in rows} == {Cause.OFFERED, Cause.TERMS_CHANGED}
    assert any(row.terms["penalties"] for row in rows) and any(row.terms["asked"] for row in rows)
    assert any(row.terms["sated"] for row in rows) and len({row.index_snapshot for row in rows}) == 2
    found = [replay(curious, rebuilder, row) for row in rows]
    assert {one.verdict for one in found} == {Verdict.IDENTICAL}
    leads = [lead for one in found for lead in one.leads]
    assert any(lead.stored and lead.stored["propensity"] < 0.5 for lead in leads), "one lost its place to learning"
    assert any(lead.stored is None for lead in leads) and all(lead.same for lead in leads), "frozen anew, by its digest"
    with curious.work("system") as work:
        offered = work.session.scalar(text("SELECT count(*) FROM leads")) or 0
    assert {lead.lead_id for lead in leads} and len({lead.lead_id for lead in leads}) == offered


def test_a_repeat_comes_out_identical_too(town: Town, shop: UUID, rebuilder: Rebuilder) -> None:
    factory_id = add_factories(town, 3)[2]
    town.post(shop, town.sweaters(LARGE))
    (row,) = kept(town)
    with town.work("system") as work:
        again = town.ranker.rank(
            work.session,
            record_of_json(row.request),
            today=row.as_of,
            top=1,
            only=frozenset({factory_id}),
            would_win=True,
        )
    only = replace(row, terms={**row.terms, "only": [str(factory_id)], "top": 1, "seed": "0"})
    with town.work("operator") as work, rebuilder.lock:
        assert rebuilder.ground(work.session, only).rank() == again


def change_row(owner_engine: Engine, statement: str, **values: object) -> None:
    """Change what is kept, behind the back of the application, which may not."""
    with owner_engine.begin() as connection:
        connection.execute(AS_SYSTEM)
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        assert connection.execute(text(statement), values).rowcount > 0


CHANGES: dict[str, tuple[str, str]] = {
    "a score": ("score", "UPDATE leads SET score = score + 1e-9 WHERE rank = 2"),
    "a signal": (
        "signals.0.value",
        "UPDATE leads SET signals = jsonb_set(signals, '{0,value}', '0.123') WHERE rank = 2",
    ),
    "the day": (
        "features.as_of",
        "UPDATE leads SET features = jsonb_set(features, '{as_of}', '\"2026-01-01\"') WHERE rank = 2",
    ),
    "the propensity": ("propensity", "UPDATE leads SET propensity = 0.5 WHERE rank = 2"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_byte_shows_where_it_is(
    town: Town, shop: UUID, rebuilder: Rebuilder, owner_engine: Engine, what: str
) -> None:
    add_factories(town, 6)
    town.post(shop, town.sweaters(LARGE))
    (row,) = kept(town)
    assert replay(town, rebuilder, row).verdict is Verdict.IDENTICAL
    field, statement = CHANGES[what]
    change_row(owner_engine, statement)
    found = replay(town, rebuilder, row)
    assert found.verdict is Verdict.DIFFERS
    assert [(lead.rank, [one.field for one in lead.differences]) for lead in found.leads if not lead.same] == [
        (2, [field])
    ]


def test_another_factory_in_its_place_shows(town: Town, shop: UUID, rebuilder: Rebuilder, owner_engine: Engine) -> None:
    factories = add_factories(town, 6)
    town.post(shop, town.sweaters(LARGE))
    (row,) = kept(town)
    left_out = (set(factories) - {lead.factory_id for lead in row.leads}).pop()
    told = json.dumps([str(left_out), *(str(lead.factory_id) for lead in row.leads[1:])])
    leads = json.dumps(
        [
            {"factory_id": one, "lead_id": str(lead.lead_id), "rank": lead.rank, "digest": lead.digest}
            for one, lead in zip(json.loads(told), row.leads, strict=True)
        ]
    )
    change_row(owner_engine, "UPDATE rankings SET leads = CAST(:leads AS jsonb)", leads=leads)
    found = replay(town, rebuilder, kept(town)[0])
    assert found.verdict is Verdict.DIFFERS
    assert [lead.factory_id for lead in found.leads if not lead.same] == [left_out, row.leads[0].factory_id]


class OtherEmbedder:
    """Reads nothing as the encoder does that ranked."""

    model_id = "another-encoder"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.dimensions = embedder.dimensions

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.encode([text[::-1] for text in texts])


OBSTACLES: dict[Obstacle, str] = {
    Obstacle.SNAPSHOT_GONE: "DELETE FROM index_snapshots",
    Obstacle.PROFILES_GONE: "DELETE FROM factory_versions WHERE organisation_id IN "
    "(SELECT organisation_id FROM factory_versions ORDER BY organisation_id LIMIT 2)",
    Obstacle.VERSION_UNREADABLE: 'UPDATE ranker_versions SET parameters = \'{"an older": "shape"}\'',
    Obstacle.OTHER_RELEASE: "UPDATE rankings SET release = 'an.earlier', terms = jsonb_set(terms, '{top}', '4')",
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_is_gone_is_named(
    town: Town, shop: UUID, ranker: Ranker, rebuilder: Rebuilder, owner_engine: Engine, obstacle: Obstacle
) -> None:
    add_factories(town, 6)
    town.post(shop, town.sweaters(LARGE))
    change_row(owner_engine, OBSTACLES[obstacle])
    found = replay(town, rebuilder, kept(town)[0])
    assert (found.verdict, found.obstacle) == (Verdict.IMPOSSIBLE, obstacle)
    assert (found.details and found.leads == ()) or obstacle is Obstacle.OTHER_RELEASE
    if obstacle is Obstacle.PROFILES_GONE:
        assert found.details == {"count": 2}


def test_a_version_without_a_row_and_an_encoder_that_is_not_here_are_named(
    town: Town, shop: UUID, embedder: Embedder, rebuilder: Rebuilder, owner_engine: Engine
) -> None:
    add_factories(town, 4)
    town.post(shop, town.sweaters(LARGE))
    (row,) = kept(town)
    gone = replay(town, rebuilder, replace(row, ranker_version="never published"))
    assert (gone.verdict, gone.obstacle) == (Verdict.IMPOSSIBLE, Obstacle.VERSION_GONE)
    elsewhere = Rebuilder(Ranker(load_vocabulary(), Encoders(OtherEmbedder(embedder), "other", load=absent)))
    found = replay(town, elsewhere, row)
    assert (found.verdict, found.obstacle, found.details) == (
        Verdict.IMPOSSIBLE,
        Obstacle.ENCODER_ABSENT,
        {"id": embedder.model_id},
    )
    assert replay(town, rebuilder, row).verdict is Verdict.IDENTICAL, "one that could not be rebuilt spoils no other"


def absent(_state: object) -> Embedder:
    raise EmbedderError("it is not on this machine")


def test_of_two_snapshots_only_what_differs_is_read_and_the_live_index_is_let_be(
    town: Town, shop: UUID, rebuilder: Rebuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_through(town, shop)
    first, last = kept(town)[-1], kept(town)[0]
    assert first.index_snapshot != last.index_snapshot
    read: list[int] = []
    add_all: Callable[..., Any] = type(town.ranker._index).add_all

    def counted(index: object, factories: list[object]) -> None:
        assert index is not town.ranker._index
        read.append(len(factories))
        add_all(index, factories)

    monkeypatch.setattr(type(town.ranker._index), "add_all", counted)
    for row in (first, last, first, first):
        assert replay(town, rebuilder, row).verdict is Verdict.IDENTICAL
    assert [count for count in read if count] == [15, 1, 1]
