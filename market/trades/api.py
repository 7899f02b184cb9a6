"""The trades in use as JSON: which there are, and the terms that an order or a profile in them may name."""

from typing import Any

from market.kit.api import Record, api_blueprint, needs
from market.kit.edge import part, work
from market.kit.errors import NotFound
from market.verticals.queries import TradeLine, trade_lines
from matching.verticals.pack import KINDS, Attribute, Choice, Pack, Term, Vocabulary

bp = api_blueprint("trades", "Trades")
SCOPE = "factories:read"
"""Who may read which factories there are may read in which words they are described."""


class NamedOutput(Record):
    """Something with an id, which programs send, and its name in both languages."""

    id: str
    name_zh: str
    name_en: str


class TradeOutput(NamedOutput):
    """A trade that orders may be posted in. version: of its pack; 0 for the one that came with the release."""

    version: int


class TradesOutput(Record):
    """All trades in use, in the order of the form. vocabulary: a digest of all that they can say."""

    vocabulary: str
    trades: list[TradeOutput]


class TermOutput(NamedOutput):
    """What an order or a profile names by its id. parent: the next wider term of the same kind."""

    parent: str | None


class AttributeOutput(NamedOutput):
    """What else may be said of a product. kind: number, choice or text. choices: what is accepted, for a choice.

    asked_for: factories always ask this before they quote. low, high: the numbers that make sense.
    """

    kind: str
    unit: str
    choices: list[NamedOutput]
    asked_for: bool
    low: float | None
    high: float | None


class TermsOutput(Record):
    """The terms of one trade by kind, shared ones included, and its attributes."""

    trade: TradeOutput
    vocabulary: str
    terms: dict[str, list[TermOutput]]
    attributes: list[AttributeOutput]


@bp.get("/trades")
@needs(SCOPE)
@bp.output(TradesOutput)
@bp.doc(summary="List the trades in use", security="key")
def list_trades() -> dict[str, Any]:
    """The digest changes whenever a pack is published, gone back from or retired."""
    return {"vocabulary": part(Vocabulary).digest, "trades": [_trade(line) for line in _live_lines()]}


@bp.get("/trades/<trade_id>")
@needs(SCOPE)
@bp.output(TermsOutput)
@bp.doc(summary="Read the terms of one trade", security="key")
def read_trade(trade_id: str) -> dict[str, Any]:
    """What can be named today; a retired trade is missing."""
    vocabulary = part(Vocabulary)
    line = next((line for line in _live_lines() if line.vertical == trade_id), None)
    if line is None:
        raise NotFound
    return {
        "trade": _trade(line),
        "vocabulary": vocabulary.digest,
        "terms": {kind: [_term(term) for term in vocabulary.choices(kind, trade_id)] for kind in KINDS},
        "attributes": [_attribute(each) for each in vocabulary.attributes(trade_id)],
    }


def _live_lines() -> list[TradeLine]:
    return [line for line in trade_lines(work().session) if line.is_live and not line.is_common]


def _trade(line: TradeLine) -> dict[str, Any]:
    return {**_named(line.vertical, line.pack), "version": line.version}


def _term(term: Term) -> dict[str, Any]:
    return {**_named(term.id, term), "parent": term.parent}


def _attribute(each: Attribute) -> dict[str, Any]:
    return {
        **_named(each.id, each), "kind": each.kind, "unit": each.unit, "asked_for": each.asked_for,
        "choices": [_named(choice.id, choice) for choice in each.choices], "low": each.low, "high": each.high,
    }  # fmt: skip


def _named(identifier: str, named: Pack | Term | Attribute | Choice) -> dict[str, str]:
    return {"id": identifier, "name_zh": named.name_zh, "name_en": named.name_en}
