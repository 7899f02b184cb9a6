"""The words of measures in the reader's language: keys and their values, steps, reasons, and what each figure means."""

from flask_babel import gettext as _
from flask_babel import pgettext

from market.measures.facts import LARGE_STAFF, NEWCOMER_DAYS, REPEAT_DAYS, SMALL_STAFF
from market.measures.slices import Slice
from matching.verticals.pack import Vocabulary


def key_names() -> dict[str, str]:
    """What the market is cut by."""
    return {
        "vertical": _("Trade"),
        "region": _("Region"),
        "language": _("Language"),
        "buyer": _("Buyer"),
        "size": _("Factory size"),
        "newcomer": _("New or old factory"),
    }


def value_names() -> dict[str, dict[str, str]]:
    """The values of the keys that have few; trades and regions are named by the vocabulary."""
    return {
        "language": {
            "zh": _("Chinese request"), "en": _("English request"), "pool": _("pooled request"),
        },
        "buyer": {
            "new": _("first order of its buyer"), "returning": _("returning buyer"), "pool": _("several buyers"),
        },
        "size": {
            "small": _("under %(people)s people", people=SMALL_STAFF),
            "medium": _("%(low)s to %(high)s people", low=SMALL_STAFF, high=LARGE_STAFF - 1),
            "large": _("%(people)s people and more", people=LARGE_STAFF),
            "unknown": _("size not said"),
        },
        "newcomer": {
            "new": _("factory in its first %(days)s days", days=NEWCOMER_DAYS), "old": _("older factory"),
        },
    }  # fmt: skip


class Words:
    """Names values of keys, and slices made of them."""

    def __init__(self, vocabulary: Vocabulary, language: str) -> None:
        self._vocabulary, self._language = vocabulary, language
        self.keys, self.values = key_names(), value_names()
        self.none = {"vertical": _("no trade said"), "region": _("no region said")}

    def value(self, key: str, value: str) -> str:
        if key in self.values:
            return str(self.values[key].get(value, value))
        if not value:
            return str(self.none.get(key, value))
        if key == "vertical":
            pack = self._vocabulary.packs.get(value)
            return value if pack is None else str(getattr(pack, f"name_{self._language}"))
        term = self._vocabulary.term("region", value) if key == "region" else None
        return value if term is None else str(getattr(term, f"name_{self._language}"))

    def slice(self, keys: dict[str, str] | tuple[tuple[str, str], ...]) -> str:
        """A slice in words: "Lighting × older factory"; the whole market when it is not narrowed."""
        pairs = dict(keys).items()
        return " × ".join(self.value(key, value) for key, value in pairs) or str(_("the whole market"))

    def part(self, part: Slice) -> str:
        return self.slice(part.chosen)


def step_names() -> dict[str, str]:
    return {
        "offered": pgettext("step", "Offered"),
        "viewed": pgettext("step", "Viewed"),
        "accepted": pgettext("step", "Accepted"),
        "quoted": pgettext("step", "Quoted"),
        "won": pgettext("step", "Won"),
        "countered": pgettext("step", "Countered"),
        "lost": pgettext("step", "Lost"),
        "declined": pgettext("step", "Declined"),
        "expired": pgettext("step", "Expired"),
        "withdrawn": pgettext("step", "Taken back"),
        "closed": pgettext("step", "Closed"),
    }


def reason_names() -> dict[str, str]:
    return {
        "price": pgettext("reason", "the price"),
        "capacity": pgettext("reason", "no capacity"),
        "process": pgettext("reason", "not our process"),
        "material": pgettext("reason", "not our material"),
        "quantity": pgettext("reason", "the quantity"),
        "time": pgettext("reason", "the time"),
        "other": pgettext("reason", "another reason"),
    }


def activation_names() -> dict[str, str]:
    return {
        "registered": _("Registered"),
        "first_lead": _("First lead"),
        "first_reply": _("First answer"),
        "first_quote": _("First quote"),
        "first_deal": _("First deal"),
    }


def definitions() -> dict[str, str]:
    """What each figure means, to be read beside it."""
    return {
        "growth": _(
            "Traffic × conversion × repeat: of the runs offered in these days, how many should become deals whose "
            "buyer comes back. The interval is that of the two shares together."
        ),
        "traffic": _("Runs that were first put before factories in these days: single orders and pools."),
        "conversion": _(
            "Of the runs offered in these days that are decided, those that were awarded. Runs that are still open are "
            "left out."
        ),
        "repeat": _(
            "Of the deals of %(days)s days and more ago, those whose shop posted another order within %(days)s days. "
            "It reads deals as many days long as the page, so much earlier.",
            days=REPEAT_DAYS,
        ),
        "funnel": _(
            "Leads offered in these days. A step counts leads that came so far or further; its share is of the step "
            "before."
        ),
        "closed": _(
            "A lead is closed when it is known what became of it: won, lost after it was accepted, declined, or not "
            "answered in time. Leads taken back, and those that ended unanswered because another factory was faster, "
            "are not."
        ),
        "coverage": _("Of the runs offered at least a day ago, those that had a quote within 24 hours."),
        "first_quote": _("From the moment a run is offered until its first quote; half of the runs, and nine of ten."),
        "precision": _("Of the closed leads at the first places, those that became deals."),
        "gini": _(
            "How unevenly the leads of a week are spread over the factories that had joined: 0 when each got as many, "
            "near 1 when one got them all."
        ),
        "brier": _(
            "The mean squared distance between what was said and what came (1 for a deal, 0 for none). Lower is better."
        ),
        "base": _("The error of always telling the share of these very leads that closed, which nobody knew before."),
        "similarity": _(
            "The error of telling for each lead how often leads of as similar words closed in the year before."
        ),
        "ece": _(
            "The mean distance between says and closes over the bins. Beside it stands what chance alone would give."
        ),
        "activation": _("Factories that joined in these days, and how far they have come by now."),
        "cold": _("Deals of closed leads for factories in their first four weeks, beside all others."),
    }
