"""Deals as JSON: the fields of what is answered and of what is taken."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from market.kit.api import FileInput, FileOutput, MoneyValue, Record

MOST_BYTES = 50 * 1024 * 1024
"""Several photos come with one request."""


class TaskOutput(Record):
    """One thing that is due from you. what: make_sample, buy_materials, report_stage, inspect, ship, confirm_delivery,
    decide_sample, pay_sample_fee, pay_deposit, pay_balance, decide_inspection, accept or answer_cancelling. by: null
    where only the day of the run counts."""

    what: str
    by: datetime | None
    share_id: UUID | None


class MoneyOutput(Record):
    """The money of a deal: of a shop's share, or of all shares for the factory.

    held, frozen, released, refunded: where what was paid is now. commission, net: the factory's alone. pay_by: by when
    the factory is paid at the latest; null for a shop while nothing is released.
    """

    price: MoneyValue
    held: MoneyValue
    frozen: MoneyValue
    released: MoneyValue
    refunded: MoneyValue
    commission: MoneyValue | None
    net: MoneyValue | None
    pay_by: date | None


class DealLine(Record):
    """A deal in a list. id: of the award, by which it is addressed; a shop finds a line for each of its shares."""

    id: UUID
    deal_id: UUID
    state: str
    code: str
    title: str
    pieces: int
    due_on: date
    due_from_you: list[TaskOutput]
    money: MoneyOutput


class DealPage(Record):
    deals: list[DealLine]
    next_cursor: str | None


class ShareOutput(Record):
    """The part of one order in a run. allocated: its pieces by the sheet of the inspection. accepted_by: buyer or
    clock."""

    id: UUID
    award_id: UUID
    code: str
    pieces: int
    unit_price: MoneyValue
    total: MoneyValue
    allocated: int | None
    discount: MoneyValue
    accepted_at: datetime | None
    accepted_by: str | None
    left_at: datetime | None


class VoiceOutput(Record):
    """What a shop decided; a member of a pool finds its own alone."""

    choice: str
    comments: str
    spoken_at: datetime


class SampleOutput(Record):
    """state: asked, made, approved or rejected."""

    id: UUID
    version: int
    state: str
    note: str
    due_at: datetime
    made_at: datetime | None
    decided_at: datetime | None
    files: list[FileOutput]
    voices: list[VoiceOutput]


class PurchaseOutput(Record):
    amount: MoneyValue
    note: str
    proven_at: datetime
    files: list[FileOutput]


class StageOutput(Record):
    """A stage of the current round; finished_on: null while it is not."""

    stage: str
    finished_on: date | None
    note: str
    files: list[FileOutput]


class InspectionOutput(Record):
    """letter, aql_major, aql_minor: the plan (ISO 2859-1), empty for none. accept_major, accept_minor: the most defects
    with which the lot passes. decided_by: buyer or clock. decision: null while the buyer has not
    decided; discount_percent: what the factory offers then."""

    id: UUID
    inspector: str
    lot: int
    letter: str
    aql_major: str
    aql_minor: str
    sampled: int
    accept_major: int
    accept_minor: int
    critical: int
    major: int
    minor: int
    passed: bool
    decision: str | None
    discount_percent: int
    note: str
    reported_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    files: list[FileOutput]
    voices: list[VoiceOutput]


class ParcelOutput(Record):
    """short: pieces under what the sheet gives its share."""

    share_id: UUID
    carrier: str
    waybill: str
    pieces: int
    short: int
    shipped_at: datetime
    delivered_at: datetime | None
    received_by: str
    files: list[FileOutput]


class DueOutput(Record):
    """What a share was asked to pay: sample_fee, deposit or balance; state: asked, failed, arrived or dropped.
    payment_page: of the provider, for the payer."""

    share_id: UUID
    purpose: str
    state: str
    amount: MoneyValue
    due_at: datetime
    cure_until: datetime | None
    payment_page: str | None


class StepOutput(Record):
    """A step of the timeline. look: done, now or todo. until: `at` is the latest day, not the day itself."""

    step: str
    look: str
    at: date | None
    until: bool


class DocumentOutput(Record):
    """A paper of the deal, as a page that prints, for a person who is signed in."""

    kind: str
    href: str


class DealOutput(Record):
    """One deal as you may read it. A member of a pool finds the run, and its own share, payments and parcel."""

    id: UUID
    deal_id: UUID
    state: str
    code: str
    title: str
    pieces: int
    due_on: date
    factory_id: UUID
    is_pooled: bool
    inspection: str
    lead_time_days: int
    predicted_on: date | None
    opened_at: datetime
    why_ended: str
    due_from_you: list[TaskOutput]
    money: MoneyOutput
    dues: list[DueOutput]
    shares: list[ShareOutput]
    samples: list[SampleOutput]
    purchases: list[PurchaseOutput]
    stages: list[StageOutput]
    inspections: list[InspectionOutput]
    parcels: list[ParcelOutput]
    documents: list[DocumentOutput]
    timeline: list[StepOutput]


class SampleDecision(Record):
    """choice: approve or reject; a rejection says what is to be changed."""

    choice: str = Field(pattern="^(approve|reject)$")
    comments: str = ""


class InspectionDecision(Record):
    """choice: rework, sort, discount (where one is offered) or reject."""

    choice: str = Field(pattern="^(rework|sort|discount|reject)$")


class DeliveryInput(Record):
    """Who took the parcel, and the proof; a factory has to show one."""

    received_by: str = Field(min_length=1, max_length=120)
    files: list[FileInput] = Field(default_factory=list)


class SampleInput(Record):
    """The version that was asked for, with one photo at least."""

    note: str = ""
    files: list[FileInput]


class PurchaseInput(Record):
    """A purchase of materials, in the deal's currency, with its paper."""

    amount: MoneyValue
    note: str = ""
    files: list[FileInput]


class BeginInput(Record):
    """Since when the materials are there; today without it."""

    finished_on: date | None = None


class StageInput(Record):
    """When a stage was finished; today without it."""

    finished_on: date | None = None
    note: str = ""
    files: list[FileInput] = Field(default_factory=list)


class AllocationInput(Record):
    share_id: UUID
    pieces: int = Field(strict=True)


class InspectionInput(Record):
    """What an inspector found, and how many pieces each share gets. inspector: factory, seller or third_party."""

    sampled: int = Field(strict=True)
    critical: int = Field(0, strict=True)
    major: int = Field(0, strict=True)
    minor: int = Field(0, strict=True)
    allocated: list[AllocationInput]
    inspector: str = "factory"
    discount_percent: int = Field(0, strict=True)
    note: str = ""
    files: list[FileInput] = Field(default_factory=list)


class ParcelInput(Record):
    share_id: UUID
    pieces: int = Field(strict=True)
    carrier: str = Field(max_length=120)
    waybill: str = Field(max_length=120)


class ShipInput(Record):
    """One parcel a share, by the sheet of the inspection."""

    parcels: list[ParcelInput]
    files: list[FileInput] = Field(default_factory=list)
