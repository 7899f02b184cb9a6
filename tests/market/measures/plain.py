"""The figures of the summaries, counted again in plain Python from the rows themselves; shares no line with them."""

import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.quality.outcomes import end_of

CHINA = timezone(timedelta(hours=8))
Cells = dict[tuple[Any, ...], Counter[str]]


def day_of(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()


def all_rows(session: Session, table: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in session.execute(text(f"SELECT * FROM {table}"))]


class Plain:
    """Everything that a market holds, read once."""

    def __init__(self, session: Session) -> None:
        self.orders = {row["id"]: row for row in all_rows(session, "orders")}
        self.offerings = {row["id"]: row for row in all_rows(session, "offerings")}
        self.factories = {row["id"]: row for row in all_rows(session, "factories")}
        self.leads = all_rows(session, "leads")
        self.awards = all_rows(session, "awards")
        self.steps: dict[Any, list[int]] = defaultdict(list)
        for row in all_rows(session, "quote_steps"):
            self.steps[row["quote_id"]].append(row["from_quantity"])
        self.quotes: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for row in sorted(all_rows(session, "quotes"), key=lambda row: row["version"]):
            self.quotes[row["lead_id"]].append(row)
        self.first: dict[Any, datetime] = {}
        for row in self.orders.values():
            if row["posted_at"] is not None:
                known = self.first.get(row["organisation_id"], row["posted_at"])
                self.first[row["organisation_id"]] = min(known, row["posted_at"])

    def buyer(self, order_id: Any) -> str:
        order = self.orders.get(order_id)
        return "returning" if order and order["posted_at"] > self.first[order["organisation_id"]] else "new"

    def request_keys(self, offering: dict[str, Any]) -> tuple[str, ...]:
        pooled = offering["pool_id"] is not None
        language = "pool" if pooled else language_of(offering["title"])
        buyer = "pool" if pooled else self.buyer(offering["order_id"])
        return offering["vertical"] or "", offering["brief"].get("region") or "", language, buyer

    def lead_cells(self) -> Cells:
        cells: Cells = defaultdict(Counter)
        for lead in self.leads:
            keys = (*self.request_keys(self.offerings[lead["offering_id"]]), *self.factory_keys(lead))
            cells[(day_of(lead["offered_at"]), *keys)] += self.counts(lead)
        return cells

    def factory_keys(self, lead: dict[str, Any]) -> tuple[str, str]:
        factory = self.factories.get(lead["factory_id"], {"staff_count": None, "joined_on": date.min})
        staff = factory["staff_count"]
        size = "unknown" if staff is None else "small" if staff < 50 else "medium" if staff < 200 else "large"
        fresh = (day_of(lead["offered_at"]) - factory["joined_on"]).days < 28
        return size, "new" if fresh else "old"

    def counts(self, lead: dict[str, Any]) -> Counter[str]:
        quotes, state = self.quotes[lead["id"]], lead["state"]
        latest = quotes[-1]["id"] if quotes else None
        priced = latest is not None and any(step <= 300 for step in self.steps[latest])
        counter = lead["counter"]
        accepted, won = end_of(
            {
                "state": state, "price_minor": 1 if priced else None, "countered": counter is not None,
                "counter_answer": counter and counter["answer"], "holds_place": lead["holds_place"],
                "answered": lead["first_reply_at"] is not None,
            }
        )  # fmt: skip
        quoted = bool(quotes) or state == "won"
        closed = accepted is False or won is not None
        seen = lead["viewed_at"] is not None or lead["first_reply_at"] is not None or quoted
        found = Counter(
            {
                "offered": 1, "viewed": seen, "accepted": accepted is True or quoted, "quoted": quoted,
                "won": state == "won", "countered": counter is not None, "closed": closed,
                **{name: state == name for name in ("lost", "expired", "withdrawn", "declined")},
            }
        )  # fmt: skip
        if state == "declined":
            found[f"declined_{lead['decline_reason'] or 'other'}"] = 1
        if closed and lead["calibrated"]:
            place = sum(lead["deal_probability"] >= edge for edge in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8))
            found[f"chance_n_{place}"] = 1
            found[f"chance_p_{place}"] = round(lead["deal_probability"] * 1_000_000)
            found[f"chance_y_{place}"] = won is True
            found["chance_squares"] = round((lead["deal_probability"] - (won is True)) ** 2 * 1_000_000)
        return found

    def run_cells(self) -> Cells:
        cells: Cells = defaultdict(Counter)
        won = {lead["offering_id"] for lead in self.leads if lead["state"] == "won"}
        sent: dict[Any, list[datetime]] = defaultdict(list)
        for quotes in self.quotes.values():
            for quote in quotes:
                sent[quote["offering_id"]].append(quote["submitted_at"])
        for offering in self.offerings.values():
            cell = cells[(day_of(offering["created_at"]), *self.request_keys(offering))]
            is_won = offering["id"] in won
            cell.update(offered=1, won=is_won, open=offering["open"] and not is_won)
            if sent[offering["id"]]:
                minutes = (min(sent[offering["id"]]) - offering["created_at"]).total_seconds() / 60
                bins = sum(minutes >= 15 * 2 ** (step / 2) for step in range(22))
                cell.update({"quoted": 1, "quoted_in_a_day": minutes <= 1440, f"wait_{bins}": 1})
        for order in self.orders.values():
            if order["posted_at"] is not None and order["state"] != "draft":
                keys = (order["vertical"] or "", order["region"] or "", language_of(order["title"]))
                cells[(day_of(order["posted_at"]), *keys, self.buyer(order["id"]))].update(posted=1)
        return cells

    def deal_cells(self) -> Cells:
        cells: Cells = defaultdict(Counter)
        posted = [(row["organisation_id"], row["posted_at"]) for row in self.orders.values() if row["posted_at"]]
        for award in self.awards:
            order, at = self.orders[award["order_id"]], award["awarded_at"]
            again = any(shop == award["organisation_id"] and at < when <= at + timedelta(60) for shop, when in posted)
            keys = (order["vertical"] or "", order["region"] or "", language_of(order["title"]))
            cell = cells[(day_of(at), *keys, self.buyer(order["id"]), award["currency"])]
            cell.update(deals=1, again=again, minor=award["total_minor"])
        return cells


def language_of(title: str) -> str:
    return "zh" if re.search("[一-鿿]", title) else "en"
