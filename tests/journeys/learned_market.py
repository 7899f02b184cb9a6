"""A live market with a past: deals of other factories, and a ranker that learned from weeks of outcomes."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from market.config import Settings
from market.factories.declaration import FactoryDraft
from market.factories.service import pause_factory, register_factory
from market.identity.service import Registration, add_organisation
from market.kit.db import SYSTEM, act_as
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Actor, Work
from market.records.service import vouch
from tests.browser import ROOT, LiveMarket
from tests.market.past import GOODS, Maker, add_deal, add_past
from tests.market.town import KNITTER


@contextmanager
def system_work(market: LiveMarket) -> Iterator[Work]:
    """A unit of work of the whole market on the database of a live one, committed at the end."""
    engine = create_engine(market.database_url)
    with Session(engine) as session:
        act_as(session, SYSTEM)
        yield Work(session, SYSTEM_ACTOR, datetime.now(UTC), new_id, Settings.from_environment({}))
        session.commit()
    engine.dispose()


def vouch_for(market: LiveMarket, factory: str) -> None:
    """An operator's word for the factory of this name that joined last."""
    newest = text("SELECT id FROM organisations WHERE name = :name ORDER BY created_at DESC LIMIT 1")
    with system_work(market) as work:
        vouch(work, work.session.scalars(newest, {"name": factory}).one(), "known for long", tell=False)


def add_factory(work: Work, draft: FactoryDraft) -> UUID:
    """A factory that takes leads, and that the market has known for long."""
    registration = Registration("factory", draft.name, f"past-{secrets.token_hex(6)}@factory.example", None)
    factory_id = add_organisation(work, registration, work.new_id()).id
    register_factory(replace(work, actor=Actor(factory_id, None, draft.name, "factory")), draft)
    vouch(work, factory_id, "known for long", tell=False)
    return factory_id


def add_resting_factory(work: Work, draft: FactoryDraft) -> UUID:
    """A factory of the past, which takes no leads today."""
    factory_id = add_factory(work, draft)
    pause_factory(work, factory_id, "it stands for the past")
    return factory_id


def add_shop(work: Work) -> UUID:
    registration = Registration("seller", "Past Shop", f"past-{secrets.token_hex(6)}@shop.example", None)
    return add_organisation(work, registration, work.new_id()).id


def close_deals(market: LiveMarket, count: int, *, category: str, quantity: int, prices: tuple[int, int]) -> None:
    """Deals of two factories between two prices, in even steps."""
    with system_work(market) as work:
        makers = [add_resting_factory(work, replace(KNITTER, name=f"Past Maker {place}")) for place in range(2)]
        low, high = prices
        for place in range(count):
            price = low + (high - low) * place // max(count - 1, 1)
            add_deal(work, makers[place % 2], price, {add_shop(work): quantity}, category=category)


def ranker_command(market: LiveMarket, *words: str) -> str:
    """What `flask --app app ranker ...` prints when it works beside the market."""
    environment = {**os.environ, "DATABASE_URL": market.database_url, "WEFT_DATA": str(market.data_folder)}
    environment["OMP_NUM_THREADS"] = "1"  # threads that wait for each other slow a busy machine down
    command = [sys.executable, "-m", "flask", "--app", "app", "ranker", *words]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.fixture(scope="module")
def learned(live_market: LiveMarket) -> Iterator[str]:
    """The live version that learned from ten weeks of leads; the one before ranks again when the journeys end."""
    before = next(line.split()[1] for line in ranker_command(live_market, "list").splitlines() if "live" in line)
    with system_work(live_market) as work:
        makers = [
            Maker(add_resting_factory(work, draft), kind)
            for kind, (category, process, material, title) in enumerate(GOODS)
            for draft in [
                replace(
                    KNITTER, name=f"Past {category} {place}", categories=(category,), processes=(process,),
                    materials=(material,), description=title, attributes={},
                )
                for place in range(5)
            ]
        ]  # fmt: skip
        add_past(work, add_shop(work), makers)
    told = ranker_command(live_market, "train")
    assert told.startswith("published "), told
    yield told.split()[1]
    ranker_command(live_market, "rollback", before, "--why", "the journeys with chances are over")
