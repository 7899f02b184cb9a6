"""The forms of an item: its stock, and the terms on which it comes."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Form, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from market.factories.fields import DayField, PriceField, WholeNumberField
from market.kit.errors import FieldFault
from market.kit.i18n import current_language, say_fault
from market.kit.money import Money
from market.replenishment.queries import ItemRow
from market.replenishment.service import LONGEST_LEAD_DAYS, LONGEST_REVIEW_DAYS, MOST_PIECES, ItemTerms
from matching.verticals.pack import Language, Vocabulary

_PLAIN = ("lead_time_days", "lead_time_sd_days", "review_days", "minimum", "pack_size")
_NEEDED = InputRequired(lazy_gettext("Write a number."))


class TenthsField(WholeNumberField):
    """A number with at most one decimal: "2.5", "97" and "９７" alike. data is a float, or None when left empty."""

    def __init__(self, label: Any = None, least: float = 0, most: float = 100, **named: Any) -> None:
        super().__init__(label, **{"render_kw": {"inputmode": "decimal", "autocomplete": "off"}, **named})
        self.least, self.most = least, most

    def as_text(self, value: float) -> str:
        return f"{value:g}"

    def read(self, text: str) -> float:  # type: ignore[override]  # A whole number is one of these.
        bare = unicodedata.normalize("NFKC", text).replace(" ", "").removesuffix("%")
        whole, point, tenths = bare.partition(".")
        accepted = gettext(
            "Write a number from %(lowest)s to %(highest)s.", lowest=f"{self.least:g}", highest=f"{self.most:g}"
        )
        digits = whole + tenths
        if not digits.isascii() or not digits.isdigit() or len(digits) > 6 or len(tenths) > 1 or (point and not tenths):
            raise ValueError(accepted)
        if not self.least <= float(bare) <= self.most:
            raise ValueError(accepted)
        return float(bare)


class StockForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """What is there at the end of a day, and what is on its way from elsewhere."""

    on_hand = WholeNumberField(lazy_gettext("In stock"), lowest=0, highest=MOST_PIECES, validators=[_NEEDED])
    on_order = WholeNumberField(lazy_gettext("On the way"), lowest=0, highest=MOST_PIECES, validators=[_NEEDED])
    stocked_on = DayField(lazy_gettext("Counted on"), validators=[InputRequired(lazy_gettext("Choose a day."))])


class TermsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """How an item comes and what it costs, but for its money, which `terms_form` adds in the item's currency."""

    name = StringField(lazy_gettext("Name"))
    category = SelectField(lazy_gettext("Product"), validate_choice=False)
    lead_time_days = WholeNumberField(
        lazy_gettext("Lead time, days"), lowest=0, highest=LONGEST_LEAD_DAYS, validators=[_NEEDED]
    )
    lead_time_sd_days = TenthsField(lazy_gettext("Give or take, days"), most=LONGEST_LEAD_DAYS, validators=[_NEEDED])
    review_days = WholeNumberField(
        lazy_gettext("You order every … days"), lowest=1, highest=LONGEST_REVIEW_DAYS, validators=[_NEEDED]
    )
    minimum = WholeNumberField(lazy_gettext("Minimum order"), lowest=0, highest=MOST_PIECES, validators=[_NEEDED])
    pack_size = WholeNumberField(lazy_gettext("Pack size"), lowest=1, highest=MOST_PIECES, validators=[_NEEDED])
    service = TenthsField(lazy_gettext("Rounds without running out, %"), least=50, most=99.9)


def stock_form(item: ItemRow, *, sent: bool) -> StockForm:
    """The form as it was sent, or with what is known."""
    if sent:
        return StockForm()
    known = {"on_hand": item.on_hand, "on_order": item.on_order, "stocked_on": item.stocked_on}
    return StockForm(formdata=None, data=known)


def stock_of(form: StockForm) -> dict[str, Any]:
    """What a valid form says, as the arguments of `count_stock`."""
    return {"on_hand": form.on_hand.data, "on_order": form.on_order.data, "day": form.stocked_on.data}


def terms_form(item: ItemRow, vocabulary: Vocabulary, *, sent: bool) -> TermsForm:
    """The form as it was sent, or with the terms of the item; money in its currency."""
    fields: dict[str, Any] = {
        "unit_cost": PriceField(gettext("Cost a piece, %(currency)s", currency=item.currency), item.currency),
        "unit_price": PriceField(gettext("Price a piece, %(currency)s", currency=item.currency), item.currency),
    }
    kind = type("TermsFormOfItem", (TermsForm,), fields)
    form: TermsForm = kind() if sent else kind(formdata=None, data=_terms_shown(item))
    language: Language = "zh" if current_language() == "zh" else "en"
    form.category.choices = {
        "": [SelectChoice("", lazy_gettext("Choose"))],
        **{
            pack.name(language): [SelectChoice(term.id, term.name(language)) for term in pack.categories]
            for pack in vocabulary.packs.values()
        },
    }
    return form


def terms_of(form: TermsForm, item: ItemRow) -> ItemTerms:
    """The terms that a valid form asks for."""
    plain: dict[str, Any] = {name: form[name].data for name in _PLAIN}
    return ItemTerms(
        **plain,
        name=(form.name.data or "").strip(),
        category=form.category.data or None,
        unit_cost_minor=_minor(form["unit_cost"].data),
        unit_price_minor=_minor(form["unit_price"].data),
        currency=item.currency,
        service=None if form.service.data is None else round(form.service.data / 100, 4),
    )


def show_faults(form: Form, faults: Iterable[FieldFault]) -> None:
    """Hang each fault on its field in the reader's language; those of no field stand on top."""
    for fault in faults:
        words = say_fault(fault)
        if fault.field in form:
            form[fault.field].errors = [*form[fault.field].errors, words]
        else:
            form.form_errors.append(words)


def _terms_shown(item: ItemRow) -> dict[str, Any]:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, item.currency)

    shown: dict[str, Any] = {name: getattr(item, name) for name in ("name", "category", *_PLAIN)}
    shown |= {"unit_cost": money(item.unit_cost_minor), "unit_price": money(item.unit_price_minor)}
    return shown | {"service": None if item.service is None else round(item.service * 100, 1)}


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor
