"""Where an item stands, and what made its forecast, in the words of a reader."""

import math
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext

from market.replenishment.queries import ItemRow, RestockLine, SuggestionRow, SuggestionState, Verdict

_DAYS_A_MONTH: Final = 30
_LONG_AGO: Final = timedelta(days=7)
_NAMED_SHARE: Final = re.compile(r"(?P<name>.+?)(?: (?P<share>\d+)%)?")
_AVERAGE: Final = re.compile(r"moving average (\d+)")


class Stand(StrEnum):
    """What a page says of an item first."""

    ORDER = "order"
    OVERDUE = "overdue"
    DRAFTED = "drafted"
    ORDERED = "ordered"
    DISMISSED = "dismissed"
    ENOUGH = "enough"
    TOO_MANY = "too_many"
    STOCK_UNKNOWN = "stock_unknown"
    QUIET = "quiet"
    RETIRED = "retired"
    WAITING = "waiting"


_ANSWERED: Final = {
    SuggestionState.DRAFTED: Stand.DRAFTED,
    SuggestionState.ORDERED: Stand.ORDERED,
    SuggestionState.DISMISSED: Stand.DISMISSED,
}


@dataclass(frozen=True, slots=True)
class ItemFace:
    """An item as a page shows it. look_again: the day on which its stock is expected to come down to where it is
    ordered, for an item that needs none; quiet_months: whole months until then. dated: the last day that the
    suggestion knows of, where that is long ago and the item is being forecast anew."""

    item: ItemRow
    suggestion: SuggestionRow | None
    stand: Stand
    look_again: date | None = None
    quiet_months: int = 0
    dated: date | None = None


@dataclass(frozen=True, slots=True)
class ModelShare:
    """A forecasting model in words, and its share of the forecast in per cent; None where it is alone."""

    words: str
    share: int | None


def face_of(line: RestockLine, today: date) -> ItemFace:
    """A current suggestion as it stands today."""
    if line.item.retired_at is not None:
        return ItemFace(line.item, line.suggestion, Stand.RETIRED)
    if line.suggestion is None:
        return ItemFace(line.item, None, Stand.WAITING)
    face = face_of_version(line.item, line.suggestion, today)
    is_dated = line.item.is_waiting and line.suggestion.as_of < today - _LONG_AGO
    return replace(face, dated=line.suggestion.as_of) if is_dated else face


def face_of_version(item: ItemRow, told: SuggestionRow, today: date) -> ItemFace:
    """One version, current or not, as it stands on a day."""
    day = _day_of_next_order(told)
    months = (day - told.as_of).days // _DAYS_A_MONTH if day else 0
    return ItemFace(item, told, _stand(told, today), day, months)


def _stand(told: SuggestionRow, today: date) -> Stand:
    if told.verdict is Verdict.STOCK_UNKNOWN:
        return Stand.STOCK_UNKNOWN
    if told.quantity and told.state in _ANSWERED:
        return _ANSWERED[told.state]
    if not told.order_up_to and told.days_of_cover is None:
        return Stand.QUIET
    if told.verdict is Verdict.ORDER and told.order_by is not None:
        return Stand.OVERDUE if told.order_by <= today else Stand.ORDER
    return Stand(told.verdict.value)


def _day_of_next_order(told: SuggestionRow) -> date | None:
    """The last day for the next order; for an item that needs none, when its stock comes down to the reorder point."""
    if told.order_by is not None:
        return told.order_by
    if not told.days_of_cover or told.position <= told.reorder_point:
        return None
    days = (told.position - told.reorder_point) * told.days_of_cover / told.position
    return told.as_of + timedelta(days=math.floor(days))


def model_shares(model: str) -> list[ModelShare]:
    """The models behind a forecast ("theta 40%, ets 30%"), those that count most first."""
    found = (_NAMED_SHARE.fullmatch(part.strip()) for part in model.split(",") if part.strip())
    return [ModelShare(_model(one["name"]), int(one["share"]) if one["share"] else None) for one in found if one]


def _model(name: str) -> str:
    average = _AVERAGE.fullmatch(name)
    if average:
        weeks = int(average[1])
        return str(ngettext("the mean of the last week", "the mean of the last %(num)s weeks", weeks))
    words = {
        "seasonal naive": _("last year again"),
        "seasonal level": _("the last weeks, moved as last year moved"),
        "like items": _("what similar items did"),
        "adida": _("sales gathered over several weeks"),
        "imapa": _("sales gathered over several weeks"),
        "tsb": _("how often and how much is sold"),
        "theta": _("trend (Theta)"),
        "ets": _("exponential smoothing"),
        "ces": _("complex smoothing"),
        "boosted trees": _("what all items have in common"),
        "prophet": _("trend, season and feasts (Prophet)"),
        "no history": _("no history yet"),
        "no history: what new items sold": _("what new items sold at first"),
        "nothing sold yet": _("nothing sold yet"),
    }
    return str(words.get(name, name))
