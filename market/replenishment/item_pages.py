"""What the pages of items show: the list, one item with everything about it, and what if its terms were others."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from market.kit.paging import Page
from market.kit.work import Work
from market.replenishment import forms, queries
from market.replenishment.aims import Aim, aim_of
from market.replenishment.follow_up import FollowUp, follow_ups, held_share
from market.replenishment.forms import StockForm, TermsForm
from market.replenishment.news_queries import RestockNews, restock_news
from market.replenishment.queries import RestockSummary, SuggestionRow, Verdict, WeekSold
from market.replenishment.service import LEAST_SERVICE, LONGEST_LEAD_DAYS, MOST_SERVICE
from market.replenishment.what_if import suggest_instead
from market.replenishment.wording import ItemFace, ModelShare, face_of, face_of_version, model_shares
from matching.verticals.pack import Vocabulary

PAST_WEEKS: Final = 52
ITEMS_A_PAGE: Final = 25
NEWS_OF: Final = timedelta(hours=24)
_SLIDER_REACH: Final = 60
_DAYS_A_MONTH: Final = 30.4
FILTERS: Final = {"order": Verdict.ORDER, "unknown": Verdict.STOCK_UNKNOWN}
RETIRED: Final = "retired"


@dataclass(frozen=True, slots=True)
class Shown:
    """Which items a list shows, as its address says: a filter, words, and where it goes on."""

    only: str
    words: str
    cursor: str


@dataclass(frozen=True, slots=True)
class ItemList:
    """The list. months: of sales that are known."""

    summary: RestockSummary
    months: int
    news: RestockNews
    news_faces: tuple[ItemFace, ...]
    page: Page[ItemFace]
    shown: Shown


@dataclass(frozen=True, slots=True)
class ChartWeek:
    """A week of the chart: what was sold, what is expected, or both where an old forecast has come due."""

    first_day: date
    sold: int | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    promoted: bool = False
    days_out: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """What the sliders say: lead time in days, service in per cent, the order that follows, and by how many pieces and
    days it moves from the one that is suggested. is_due: it should be placed today at the latest; is_usual: the
    sliders stand where the suggestion has them."""

    lead: int
    service: float
    longest: int
    quantity: int
    order_by: date | None
    more: int
    later: int | None
    is_due: bool
    is_usual: bool


@dataclass(frozen=True, slots=True)
class OpenedItem:
    """One item with everything about it. held: how many of how many forecasts held what came in their bands."""

    face: ItemFace
    weeks: tuple[ChartWeek, ...]
    model: list[ModelShare]
    aim: Aim | None
    tried: Tried | None
    followed: list[FollowUp]
    held: tuple[int, int]
    versions: list[SuggestionRow]
    stock_form: StockForm
    terms_form: TermsForm


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """One version of a suggestion, whole, with what was sold since."""

    face: ItemFace
    weeks: tuple[ChartWeek, ...]
    model: list[ModelShare]
    aim: Aim | None


def item_list(work: Work, shown: Shown) -> ItemList:
    """A page of the list, the most sales at risk first. Raises Invalid for a cursor that is none."""
    session, shop = work.session, work.organisation_id
    summary = queries.restock_summary(session, shop)
    found = queries.restock_page(
        session,
        shop,
        only=FILTERS.get(shown.only),
        words=shown.words,
        retired=shown.only == RETIRED,
        cursor=shown.cursor or None,
        size=ITEMS_A_PAGE,
    )
    news = restock_news(session, shop, work.now - NEWS_OF)
    known = (summary.as_of - summary.began).days + 1 if summary.as_of and summary.began else 0
    return ItemList(
        summary,
        round(known / _DAYS_A_MONTH),
        news,
        tuple(face_of(line, work.today) for line in news.lines),
        Page(tuple(face_of(line, work.today) for line in found.rows), found.next_cursor),
        shown,
    )


def opened_item(
    work: Work,
    item_id: UUID,
    vocabulary: Vocabulary,
    *,
    lead: int | None = None,
    service: float | None = None,
    stock_form: StockForm | None = None,
    terms_form: TermsForm | None = None,
) -> OpenedItem:
    """Everything about one item. lead, service: where the sliders stand; forms: as they were sent. Raises NotFound."""
    session, shop = work.session, work.organisation_id
    line = queries.restock_line(session, shop, item_id)
    told, followed = line.suggestion, follow_ups(session, shop, item_id)
    _began, last = queries.sales_days(session, shop)
    return OpenedItem(
        face=face_of(line, work.today),
        weeks=chart_weeks(work, item_id, told, last),
        model=model_shares(told.model) if told else [],
        aim=aim_of(line.item, told) if told else None,
        tried=tried_terms(work, told, lead, service),
        followed=followed,
        held=held_share(followed),
        versions=queries.versions_of(session, shop, item_id),
        stock_form=stock_form or forms.stock_form(line.item, sent=False),
        terms_form=terms_form or forms.terms_form(line.item, vocabulary, sent=False),
    )


def shown_version(work: Work, item_id: UUID, suggestion_id: UUID) -> ShownVersion:
    """One stored version as it was, with what was sold until now. Raises NotFound."""
    session, shop = work.session, work.organisation_id
    item = queries.item_row(session, shop, item_id)
    told = queries.suggestion_row(session, shop, item_id, suggestion_id)
    _began, last = queries.sales_days(session, shop)
    return ShownVersion(
        face_of_version(item, told, date.min),
        chart_weeks(work, item_id, told, last),
        model_shares(told.model),
        aim_of(item, told),
    )


def chart_weeks(work: Work, item_id: UUID, told: SuggestionRow | None, until: date | None) -> tuple[ChartWeek, ...]:
    """The last year of an item until a day, and the weeks that a version expects."""
    if until is None:
        return ()
    known_until = told.as_of if told else until
    since = known_until - timedelta(weeks=PAST_WEEKS)
    sold = queries.weeks_sold(work.session, work.organisation_id, item_id, since, until)
    begun = next((place for place, week in enumerate(sold) if week.sold or week.days_out), len(sold))
    weeks = {week.first_day: _past(week) for week in sold[begun:]}
    for week in told.weeks if told else ():
        past = weeks.get(week.first_day, ChartWeek(week.first_day))
        weeks[week.first_day] = ChartWeek(
            week.first_day, past.sold, week.mean, week.low, week.high, past.promoted, past.days_out
        )
    return tuple(weeks[day] for day in sorted(weeks))


def _past(week: WeekSold) -> ChartWeek:
    return ChartWeek(week.first_day, week.sold, promoted=week.promoted_days > 0, days_out=week.days_out)


def tried_terms(work: Work, told: SuggestionRow | None, lead: int | None, service: float | None) -> Tried | None:
    """The order under another lead time or service level; what is not tried is as the version has it.

    None where nothing can be tried: nothing was suggested yet, or the stock is not known.
    """
    if told is None or told.on_hand is None:
        return None
    usual_lead, usual_service = round(told.terms["lead_time_days"]), round(told.terms["critical_ratio"] * 100, 1)
    days = usual_lead if lead is None else min(max(lead, 0), LONGEST_LEAD_DAYS)
    percent = usual_service if service is None else min(max(service, LEAST_SERVICE * 100), MOST_SERVICE * 100)
    longest = min(max(_SLIDER_REACH, 2 * usual_lead, days), LONGEST_LEAD_DAYS)
    if (days, percent) == (usual_lead, usual_service):
        return Tried(
            days, percent, longest, told.quantity, told.order_by, 0, 0, _is_due(work, told.order_by), is_usual=True
        )
    ratio = told.terms["critical_ratio"] if percent == usual_service else percent / 100
    found = suggest_instead(work.session, told, days, ratio)
    later = (found.order_by - told.order_by).days if found.order_by and told.order_by else None
    return Tried(
        days,
        percent,
        longest,
        found.quantity,
        found.order_by,
        found.quantity - told.quantity,
        later,
        _is_due(work, found.order_by),
        is_usual=False,
    )


def _is_due(work: Work, order_by: date | None) -> bool:
    return order_by is not None and order_by <= work.today
