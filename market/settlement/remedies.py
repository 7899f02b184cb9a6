"""Every remedy for money that stopped behind one door, for the operators' page and for commands alike."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from market.identity.service import MARKET_ID
from market.kit import live
from market.kit.errors import Invalid, NotFound, invalid_field
from market.kit.money import Money
from market.payments import mending as provider
from market.payments.gateways.base import Gateway
from market.payments.mending import Remedy, Units
from market.settlement import mending
from market.settlement.stuck_queries import Matter, split_id

LONGEST_REASON: Final = 500
CHANGED: Final = "money"
"""The kind of live news that the operators' desk hears when one of them moved something."""


class ReasonNeeded(Invalid):
    """Money is moved by a person with a reason alone."""

    code = "reason_needed"


class Outcome(StrEnum):
    """What a remedy came to."""

    HAPPENED = "happened"
    ASKED = "asked"
    GIVEN_UP = "given_up"
    REFUND_ASKED = "refund_asked"
    RETURNED = "returned"
    FETCHED = "fetched"
    SENT_AGAIN = "sent_again"
    FOUND = "found"
    STILL_PARKED = "still_parked"
    DISMISSED = "dismissed"
    SET_OFF = "set_off"
    WRITTEN_OFF = "written_off"
    REMINDED = "reminded"


VERBS: Final = {
    Matter.CALL: ("again", "give_up"),
    Matter.REFUND: ("again", "by_hand"),
    Matter.REVERSAL: ("again",),
    Matter.PAYOUT: ("again", "remind"),
    Matter.LATE: ("remind",),
    Matter.DUE: ("remind",),
    Matter.NEWS: ("again", "dismiss"),
    Matter.DEBT: ("set_off", "write_off"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operator wants done, and why. seen_minor: the debt as it was read."""

    matter: Matter
    id: str
    verb: str
    why: str
    seen_minor: int = 0


def apply(units: Units, gateway: Gateway, wanted: Wanted) -> Outcome:
    """Do what an operator wants, unless the money moved meanwhile: then a Conflict says so and nothing was changed.

    Raises NotFound for what there never was, ReasonNeeded.
    """
    why = wanted.why.strip()
    if wanted.verb not in VERBS.get(wanted.matter, ()):
        raise NotFound
    if not 1 <= len(why) <= LONGEST_REASON:
        fault = invalid_field("", "why", "a reason is missing or too long", f"1 to {LONGEST_REASON} characters")
        raise ReasonNeeded("Say why: the history keeps the reason.", fault.faults)
    outcome = _apply(units, gateway, wanted, why)
    with units() as work:
        live.announce(work.session, MARKET_ID, CHANGED, work.new_id())
    return outcome


def _apply(units: Units, gateway: Gateway, wanted: Wanted, why: str) -> Outcome:
    if wanted.matter is Matter.DEBT:
        return _end_debt(units, wanted, why)
    if wanted.verb == "remind":
        return _remind(units, wanted, why)
    found = _id(wanted.id)
    if wanted.matter is Matter.CALL:
        return Outcome(provider.mend_call(units, gateway, found, Remedy(wanted.verb), why).value)
    if wanted.matter is Matter.NEWS and wanted.verb == "again":
        return Outcome.FOUND if provider.handle_again(units, gateway, found, why) else Outcome.STILL_PARKED
    with units() as work:
        match wanted.matter:
            case Matter.NEWS:
                provider.dismiss_news(work, found, why)
                return Outcome.DISMISSED
            case Matter.REFUND if wanted.verb == "by_hand":
                mending.returned_by_hand(work, found, why)
                return Outcome.RETURNED
            case Matter.REFUND:
                mending.refund_again(work, found, why)
                return Outcome.REFUND_ASKED
            case Matter.REVERSAL:
                provider.ask_reversal_again(work, found, why)
                return Outcome.FETCHED
            case Matter.PAYOUT:
                mending.send_payout_again(work, found, why)
                return Outcome.SENT_AGAIN
    raise NotFound


def _end_debt(units: Units, wanted: Wanted, why: str) -> Outcome:
    parts = split_id(wanted.id)
    if parts is None:
        raise NotFound
    factory_id, currency = parts
    seen = Money(wanted.seen_minor, currency)
    with units() as work:
        if wanted.verb == "set_off":
            mending.set_off(work, factory_id, seen, why)
            return Outcome.SET_OFF
        mending.write_off(work, factory_id, seen, why)
        return Outcome.WRITTEN_OFF


def _remind(units: Units, wanted: Wanted, why: str) -> Outcome:
    parts = split_id(wanted.id)
    if parts is None:
        raise NotFound
    with units() as work:
        if wanted.matter is Matter.DUE:
            mending.remind_payer(work, parts[0], why)
        elif wanted.matter is Matter.PAYOUT:
            mending.remind_of_bounced(work, parts[0], why)
        else:
            mending.remind_factory(work, *parts, why)
    return Outcome.REMINDED


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
