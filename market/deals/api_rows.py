"""Deals as JSON: what the pages show of a deal, in the fields of the interface."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import url_for

from market.deals import documents
from market.deals.api_fields import (
    DealLine,
    DealOutput,
    DocumentOutput,
    DueOutput,
    InspectionOutput,
    MoneyOutput,
    ParcelOutput,
    PurchaseOutput,
    SampleOutput,
    ShareOutput,
    StageOutput,
    StepOutput,
    TaskOutput,
    VoiceOutput,
)
from market.deals.boards import Board, ShareMoney, board_of, money_of, payment_page
from market.deals.factory_board import Earnings, earnings_of
from market.deals.timeline import steps_of_board
from market.kit.api import FileOutput, money_value
from market.kit.clock import market_day
from market.kit.edge import work
from market.production import progress_queries as progress
from market.production import queries as production
from market.production.progress_queries import InspectionRow
from market.production.queries import AskRow, DealRow, FileRow, ShareRow, VoiceRow
from market.production.task_queries import TaskRow, tasks_of_factory, tasks_of_shop


def own_tasks() -> tuple[TaskRow, ...]:
    """What is due from the acting organisation in all its deals."""
    tasks = tasks_of_shop if work().actor.role == "seller" else tasks_of_factory
    return tasks(work().session, work().organisation_id)


def lines_of(deal: DealRow, tasks: Iterable[TaskRow]) -> list[DealLine]:
    """A deal in a list: a line for each share of the acting shop, one for the acting factory."""
    session, own = work().session, work().organisation_id
    shares = production.shares_of_deal(session, deal.id, with_left=True)
    if work().actor.role == "seller":
        mine = [share for share in shares if share.organisation_id == own]
        return [_line(deal, share, _of_share(money_of(session, share, deal)), tasks) for share in mine]
    staying = [share for share in shares if share.left_at is None]
    parcels = progress.shipments_of_deal(session, deal.id)
    earnings = _of_run(earnings_of(session, deal, staying, parcels, work().today))
    return [_line(deal, share, earnings, tasks) for share in (staying or list(shares))[:1]]


def deal_json(award_id: UUID, deal: DealRow) -> dict[str, Any]:
    """One deal in the fields of DealOutput, as it stands now."""
    board, session = board_of(work(), award_id, deal), work().session
    if board.buys:
        money = _of_share(board.money)
    else:
        money = _of_run(earnings_of(session, deal, board.shares, board.shipments, work().today))
    line = _line(deal, board.share, money, own_tasks())
    output = DealOutput(
        **line.model_dump(),
        factory_id=deal.factory_id,
        is_pooled=board.is_pooled,
        inspection=deal.inspection,
        lead_time_days=deal.lead_time_days,
        predicted_on=deal.predicted_on,
        opened_at=deal.opened_at,
        why_ended=board.why_ended,
        dues=[_due(board, ask) for ask in board.asks],
        shares=[_share(share) for share in ([board.share] if board.buys else board.shares)],
        samples=_samples(board),
        purchases=[
            PurchaseOutput(
                amount=money_value(row.amount), note=row.note, proven_at=row.proven_at, files=_files(row.files)
            )
            for row in board.proofs
        ],
        stages=_stages(board),
        inspections=[_inspection(row) for row in board.inspections],
        parcels=_parcels(board),
        documents=_documents(award_id, deal),
        timeline=[
            StepOutput(step=step.name, look=step.look, at=_day(step.when), until=step.until)
            for step in steps_of_board(board)
        ],
    )
    return output.model_dump(mode="json")


def _line(deal: DealRow, share: ShareRow, money: MoneyOutput, tasks: Iterable[TaskRow]) -> DealLine:
    buys = share.organisation_id == work().organisation_id
    in_it = [task for task in tasks if task.deal_id == deal.id and (not buys or task.share_id in (None, share.id))]
    return DealLine(
        id=share.award_id,
        deal_id=deal.id,
        state="left" if buys and share.left_at else deal.state.value,
        code=share.code if buys else deal.code,
        title=share.title if buys else deal.title,
        pieces=share.pieces if buys else deal.pieces,
        due_on=deal.due_on_at(work().today),
        due_from_you=[TaskOutput(what=task.what, by=task.by, share_id=task.share_id) for task in in_it],
        money=money,
    )


def _of_share(money: ShareMoney) -> MoneyOutput:
    return MoneyOutput(
        price=money_value(money.price),
        held=money_value(money.held),
        frozen=money_value(money.frozen),
        released=money_value(money.released),
        refunded=money_value(money.refunding + money.refunded),
        commission=None,
        net=None,
        pay_by=_day(money.pay_by),
    )


def _of_run(earnings: Earnings) -> MoneyOutput:
    return MoneyOutput(
        price=money_value(earnings.goods),
        held=money_value(earnings.held),
        frozen=money_value(earnings.frozen),
        released=money_value(earnings.released),
        refunded=money_value(earnings.refunded),
        commission=money_value(earnings.commission),
        net=money_value(earnings.net),
        pay_by=earnings.pay_by,
    )


def _due(board: Board, ask: AskRow) -> DueOutput:
    page = payment_page(work().session, ask, board.money) if board.buys else ""
    return DueOutput(
        share_id=ask.share_id,
        purpose=ask.purpose.value,
        state=ask.state.value,
        amount=money_value(ask.amount),
        due_at=ask.due_at,
        cure_until=ask.cure_until,
        payment_page=page or None,
    )


def _share(row: ShareRow) -> ShareOutput:
    return ShareOutput(
        id=row.id,
        award_id=row.award_id,
        code=row.code,
        pieces=row.pieces,
        unit_price=money_value(row.unit_price),
        total=money_value(row.total),
        allocated=row.allocated,
        discount=money_value(row.unit_price.times(row.made_pieces) - row.price),
        accepted_at=row.accepted_at,
        accepted_by=row.accepted_by,
        left_at=row.left_at,
    )


def _samples(board: Board) -> list[SampleOutput]:
    return [
        SampleOutput(
            id=row.id,
            version=row.version,
            state=row.state.value,
            note=row.note,
            due_at=row.due_at,
            made_at=row.made_at,
            decided_at=row.decided_at,
            files=_files(row.files),
            voices=_voices(row.voices),
        )
        for row in board.samples
    ]


def _stages(board: Board) -> list[StageOutput]:
    finished = {row.stage: row for row in board.finished}
    return [
        StageOutput(
            stage=stage,
            finished_on=finished[stage].finished_on if stage in finished else None,
            note=finished[stage].note if stage in finished else "",
            files=_files(finished[stage].files) if stage in finished else [],
        )
        for stage in board.stages
    ]


def _inspection(row: InspectionRow) -> InspectionOutput:
    return InspectionOutput(
        id=row.id,
        inspector=row.inspector,
        lot=row.lot,
        letter=row.letter,
        aql_major=row.aql_major,
        aql_minor=row.aql_minor,
        sampled=row.sampled,
        accept_major=row.accept_major,
        accept_minor=row.accept_minor,
        critical=row.critical,
        major=row.major,
        minor=row.minor,
        passed=row.passed,
        decision=row.decision,
        discount_percent=row.discount_percent,
        note=row.note,
        reported_at=row.reported_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        files=_files(row.files),
        voices=_voices(row.voices),
    )


def _parcels(board: Board) -> list[ParcelOutput]:
    return [
        ParcelOutput(
            share_id=row.share_id,
            carrier=row.carrier,
            waybill=row.waybill,
            pieces=row.pieces,
            short=row.short,
            shipped_at=row.shipped_at,
            delivered_at=row.delivered_at,
            received_by=row.received_by,
            files=_files(row.files),
        )
        for row in board.shipments
    ]


def _documents(award_id: UUID, deal: DealRow) -> list[DocumentOutput]:
    address = work().settings.public_address
    return [
        DocumentOutput(
            kind=paper.value,
            href=address + url_for(f"documents.{paper.value.replace('-', '_')}", award_id=award_id),
        )
        for paper in documents.available(work().session, deal)
    ]


def _files(files: Iterable[FileRow]) -> list[FileOutput]:
    return [
        FileOutput(
            id=file.id,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            href=url_for("deals_api.read_file", file_id=file.id),
        )
        for file in files
    ]


def _voices(voices: Iterable[VoiceRow]) -> list[VoiceOutput]:
    return [VoiceOutput(choice=row.choice, comments=row.comments, spoken_at=row.spoken_at) for row in voices]


def _day(moment: date | datetime | None) -> date | None:
    return market_day(moment) if isinstance(moment, datetime) else moment
