"""Disputes as JSON: opening one about a share, evidence, proposals, and the call for the market."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Response, url_for
from pydantic import Field

from market.disputes import queries, service
from market.disputes.queries import DisputeRow, ProposalRow, StatementRow
from market.kit.api import (
    Answer,
    EmptyInput,
    FileInput,
    FileOutput,
    MoneyValue,
    PageQuery,
    Record,
    api_blueprint,
    money_or_none,
    money_value,
    needs,
    once,
    uploads,
)
from market.kit.downloads import download
from market.kit.edge import read_id, takes_upload, work
from market.kit.errors import NotFound
from market.kit.paging import decode_cursor

bp = api_blueprint("disputes", "Disputes")
BOTH = ("seller", "factory")
MOST_BYTES = 50 * 1024 * 1024


class StatementOutput(Record):
    """What one side said and showed. side: shop, factory or market."""

    id: UUID
    side: str
    words: str
    said_at: datetime
    files: list[FileOutput]


class ProposalOutput(Record):
    """How a side would settle. outcome: refund, part_refund, remake or reject; state: open, accepted, declined or
    replaced."""

    id: UUID
    side: str
    state: str
    outcome: str
    refund: MoneyValue
    remake_by: date | None
    words: str
    proposed_at: datetime


class DisputeLine(Record):
    """A dispute. state: open, escalated, remaking, agreed, withdrawn, remade or decided. frozen: kept back by now.

    negotiate_until: from then on either side may call the market. escalates_at: on which it goes there by itself.
    decide_by: by when the market decides.
    """

    id: UUID
    award_id: UUID
    share_id: UUID
    code: str
    your_side: str
    opened_by: str
    state: str
    reason: str
    pieces: int
    amount: MoneyValue
    frozen: MoneyValue
    opened_at: datetime
    negotiate_until: datetime
    escalates_at: datetime
    decide_by: datetime | None
    outcome: str | None
    refund: MoneyValue | None
    remake_by: date | None
    remade_at: datetime | None
    ended_at: datetime | None
    why: str


class DisputeOutput(DisputeLine):
    statements: list[StatementOutput]
    proposals: list[ProposalOutput]


class DisputePage(Record):
    disputes: list[DisputeLine]
    next_cursor: str | None


class OpenInput(Record):
    """What is wrong with a share. reason, of a shop: defects, short, wrong_goods, damaged, late or other; of a factory:
    not_paid or other. amount: the disputed part, at most what was paid."""

    share_id: UUID
    reason: str
    words: str
    pieces: int = Field(0, strict=True)
    amount: MoneyValue
    files: list[FileInput] = Field(default_factory=list)


class StatementInput(Record):
    """Words and files for the evidence; one of both at least."""

    words: str = ""
    files: list[FileInput] = Field(default_factory=list)


class ProposalInput(Record):
    """refund: what goes back to the buyer, nothing ends it for the factory. remake_by: made again by that day."""

    refund: MoneyValue
    remake_by: date | None = None
    words: str = ""


@bp.get("/disputes")
@needs("deals:read", *BOTH)
@bp.input(PageQuery, location="query", arg_name="query")
@bp.output(DisputePage)
@bp.doc(summary="List your disputes", security="key")
def list_disputes(query: PageQuery) -> dict[str, Any]:
    after = decode_cursor(query.cursor)
    page = queries.disputes_of(work().session, work().organisation_id, after=after, size=query.limit)
    lines = [DisputeLine(**_plain(row)).model_dump(mode="json") for row in page.rows]
    return {"disputes": lines, "next_cursor": page.next_cursor}


@bp.post("/disputes")
@needs("deals:write", *BOTH)
@bp.input(OpenInput, arg_name="claim")
@bp.output(DisputeOutput, status_code=201)
@bp.doc(summary="Open a dispute about a share", security="key")
@once
@takes_upload(MOST_BYTES)
def open_dispute(claim: OpenInput) -> Answer:
    """Only the disputed part freezes. Before the goods arrived, a deal of one order stands still for it."""
    said = service.Claim(claim.reason, claim.words, claim.pieces, claim.amount.money())
    opened = service.open_dispute(work(), claim.share_id, said, uploads(claim.files))
    return dispute_json(opened), 201


@bp.get("/disputes/<dispute_id>")
@needs("deals:read", *BOTH)
@bp.output(DisputeOutput)
@bp.doc(summary="Read a dispute with all that was said, shown and proposed", security="key")
def read_dispute(dispute_id: str) -> dict[str, Any]:
    return dispute_json(read_id(dispute_id))


@bp.get("/disputes/files/<file_id>")
@needs("deals:read", *BOTH)
@bp.doc(summary="Download a photo or paper of the evidence", security="key")
def read_evidence(file_id: str) -> Response:
    row, content = queries.file_content(work().session, read_id(file_id))
    return download(row.name, row.media_type, content)


@bp.post("/disputes/<dispute_id>/statements")
@needs("deals:write", *BOTH)
@bp.input(StatementInput, arg_name="statement")
@bp.output(DisputeOutput, status_code=201)
@bp.doc(summary="Add words or files to the evidence", security="key")
@once
@takes_upload(MOST_BYTES)
def add_statement(dispute_id: str, statement: StatementInput) -> Answer:
    service.say(work(), read_id(dispute_id), statement.words, uploads(statement.files))
    return dispute_json(read_id(dispute_id)), 201


@bp.post("/disputes/<dispute_id>/proposals")
@needs("deals:write", *BOTH)
@bp.input(ProposalInput, arg_name="terms")
@bp.output(DisputeOutput, status_code=201)
@bp.doc(summary="Propose how to settle", security="key")
@once
def propose(dispute_id: str, terms: ProposalInput) -> Answer:
    """Takes the place of an open proposal of either side."""
    said = service.Terms(terms.refund.money(), terms.remake_by, terms.words)
    service.propose(work(), read_id(dispute_id), said)
    return dispute_json(read_id(dispute_id)), 201


@bp.post("/disputes/<dispute_id>/proposals/<proposal_id>/accept")
@needs("deals:write", *BOTH)
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(DisputeOutput)
@bp.doc(summary="Accept a proposal of the other side", security="key")
@once
def accept_proposal(dispute_id: str, proposal_id: str, nothing: EmptyInput) -> Answer:  # noqa: ARG001 (says nothing)
    service.accept_proposal(work(), read_id(dispute_id), read_id(proposal_id))
    return dispute_json(read_id(dispute_id)), 200


@bp.post("/disputes/<dispute_id>/proposals/<proposal_id>/decline")
@needs("deals:write", *BOTH)
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(DisputeOutput)
@bp.doc(summary="Decline a proposal of the other side", security="key")
@once
def decline_proposal(dispute_id: str, proposal_id: str, nothing: EmptyInput) -> Answer:  # noqa: ARG001 (says nothing)
    service.decline_proposal(work(), read_id(dispute_id), read_id(proposal_id))
    return dispute_json(read_id(dispute_id)), 200


@bp.post("/disputes/<dispute_id>/withdraw")
@needs("deals:write", *BOTH)
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(DisputeOutput)
@bp.doc(summary="Take back a dispute that you opened", security="key")
@once
def withdraw(dispute_id: str, nothing: EmptyInput) -> Answer:  # noqa: ARG001 (the body says nothing)
    service.withdraw(work(), read_id(dispute_id))
    return dispute_json(read_id(dispute_id)), 200


@bp.post("/disputes/<dispute_id>/call")
@needs("deals:write", *BOTH)
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(DisputeOutput)
@bp.doc(summary="Call the market to decide", security="key")
@once
def call_market(dispute_id: str, nothing: EmptyInput) -> Answer:  # noqa: ARG001 (the body says nothing)
    """Both sides have three days to settle between themselves first."""
    service.ask_for_decision(work(), read_id(dispute_id))
    return dispute_json(read_id(dispute_id)), 200


@bp.post("/disputes/<dispute_id>/remade")
@needs("deals:write", "factory")
@bp.input(StatementInput, arg_name="proof")
@bp.output(DisputeOutput)
@bp.doc(summary="Say that remade goods arrived, with the proof", security="key")
@once
@takes_upload(MOST_BYTES)
def report_remade(dispute_id: str, proof: StatementInput) -> Answer:
    service.report_remade(work(), read_id(dispute_id), proof.words, uploads(proof.files))
    return dispute_json(read_id(dispute_id)), 200


@bp.post("/disputes/<dispute_id>/remade/accept")
@needs("deals:write", "seller")
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(DisputeOutput)
@bp.doc(summary="Accept remade goods", security="key")
@once
def accept_remade(dispute_id: str, nothing: EmptyInput) -> Answer:  # noqa: ARG001 (the body says nothing)
    service.accept_remade(work(), read_id(dispute_id))
    return dispute_json(read_id(dispute_id)), 200


@bp.post("/disputes/<dispute_id>/remade/refuse")
@needs("deals:write", "seller")
@bp.input(StatementInput, arg_name="why")
@bp.output(DisputeOutput)
@bp.doc(summary="Refuse remade goods; the market decides", security="key")
@once
@takes_upload(MOST_BYTES)
def refuse_remade(dispute_id: str, why: StatementInput) -> Answer:
    service.refuse_remade(work(), read_id(dispute_id), why.words, uploads(why.files))
    return dispute_json(read_id(dispute_id)), 200


def dispute_json(dispute_id: UUID) -> dict[str, Any]:
    """A dispute of the acting organisation in the fields of DisputeOutput, as it stands. Raises NotFound."""
    work().session.flush()
    work().session.expire_all()
    row = queries.dispute(work().session, dispute_id)
    output = DisputeOutput(
        **_plain(row),
        statements=[_statement(said) for said in queries.statements_of(work().session, row.id)],
        proposals=[_proposal(made) for made in queries.proposals_of(work().session, row.id)],
    )
    return output.model_dump(mode="json")


def _plain(row: DisputeRow) -> dict[str, Any]:
    side = row.side_of(work().organisation_id)
    if side is None:
        raise NotFound
    same = ("id", "award_id", "share_id", "code", "pieces", "opened_at", "negotiate_until", "escalates_at", "decide_by",
            "remake_by", "remade_at", "ended_at", "why")  # fmt: skip
    return {
        **{name: getattr(row, name) for name in same},
        "your_side": side.value,
        "opened_by": row.opened_by.value,
        "state": row.state.value,
        "reason": row.reason.value,
        "amount": money_value(row.amount),
        "frozen": money_value(row.frozen),
        "outcome": row.outcome.value if row.outcome else None,
        "refund": money_or_none(row.refund),
    }


def _statement(row: StatementRow) -> StatementOutput:
    files = [
        FileOutput(
            id=file.id,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            href=url_for("disputes_api.read_evidence", file_id=file.id),
        )
        for file in row.files
    ]
    return StatementOutput(id=row.id, side=row.side.value, words=row.words, said_at=row.said_at, files=files)


def _proposal(row: ProposalRow) -> ProposalOutput:
    return ProposalOutput(
        id=row.id,
        side=row.side.value,
        state=row.state.value,
        outcome=row.outcome.value,
        refund=money_value(row.refund),
        remake_by=row.remake_by,
        words=row.words,
        proposed_at=row.proposed_at,
    )
