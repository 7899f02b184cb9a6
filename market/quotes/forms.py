"""The form of a quote: a price ladder of a few rows, days, sample and validity. Made for a thumb."""

from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from market.factories.fields import PriceField, WholeNumberField
from market.factories.queries import FactoryProfile
from market.kit.errors import FieldFault
from market.leads.queries import OfferingRow
from market.quotes.ladder import (
    LARGEST_QUANTITY,
    LONGEST_LEAD_TIME,
    LONGEST_NOTE,
    LONGEST_SAMPLE_DAYS,
    LONGEST_VALIDITY,
    QuoteDraft,
)
from market.quotes.queries import QuoteRow

ROWS: Final = 5
USUAL_VALID_DAYS: Final = 14


class StepForm(Form):  # type: ignore[misc]  # WTForms carries no types
    """One row of the ladder; an empty one counts for nothing."""

    from_quantity = WholeNumberField(_("From pieces"), lowest=1, highest=LARGEST_QUANTITY)
    unit_price = PriceField(_("Unit price"))


class QuoteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """An offer. The first quantity is the minimum; rows may be filled in any order. seen_round: the terms shown."""

    seen_round = HiddenField()
    steps = FieldList(FormField(StepForm), min_entries=ROWS, max_entries=ROWS)
    lead_time_days = WholeNumberField(
        _("Days from award to delivery"),
        highest=LONGEST_LEAD_TIME,
        validators=[InputRequired(_("Say how many days you need."))],
    )
    valid_days = WholeNumberField(
        _("Valid for days"),
        highest=LONGEST_VALIDITY,
        validators=[InputRequired(_("Say how long the quote holds."))],
    )
    sample_fee = PriceField(_("Sample fee"))
    sample_days = WholeNumberField(_("Days for a sample"), highest=LONGEST_SAMPLE_DAYS)
    note = TextAreaField(_("Note to the buyer"), [Length(max=LONGEST_NOTE, message=_("At most 2,000 characters."))])

    def set_currency(self, currency: str) -> None:
        """Read prices in the currency of the order."""
        self.sample_fee.currency = currency
        for entry in self.steps:
            entry.form.unit_price.currency = currency

    def filled_rows(self) -> list[Any]:
        """The rows with a quantity and a price, by rising quantity."""
        filled = [
            entry.form
            for entry in self.steps
            if entry.form.from_quantity.data is not None and entry.form.unit_price.data is not None
        ]
        return sorted(filled, key=lambda row: row.from_quantity.data)

    def validate(self, extra_validators: object = None) -> bool:
        """As every form; and each row must be whole, and one at least filled."""
        sound = bool(super().validate(extra_validators))
        for entry in self.steps:
            row = entry.form
            typed = [field for field in row if field.raw_data and str(field.raw_data[0]).strip()]
            if len(typed) == 1 and not row.errors:
                lacking = row.unit_price if typed[0].short_name == "from_quantity" else row.from_quantity
                lacking.errors = [_("Fill both, or neither.")]
                sound = False
        if sound and not self.filled_rows():
            self.steps[0].form.unit_price.errors = [_("Name at least one price.")]
            sound = False
        return sound

    def draft(self) -> QuoteDraft:
        rows = self.filled_rows()
        return QuoteDraft(
            steps=tuple((row.from_quantity.data, row.unit_price.data) for row in rows),
            lead_time_days=self.lead_time_days.data or 0,
            minimum_quantity=rows[0].from_quantity.data,
            valid_days=self.valid_days.data or 0,
            sample_fee=self.sample_fee.data,
            sample_days=self.sample_days.data,
            note=self.note.data or "",
        )

    def show_faults(self, faults: tuple[FieldFault, ...], quantity: int) -> None:
        """Put what the service refused beside the fields it is about, in the reader's words."""
        rows = self.filled_rows()
        for fault in faults:
            kind, _dot, rest = fault.field.partition(".")
            if kind == "steps" and rest:
                place, _dot, name = rest.partition(".")
                rows[int(place)][name].errors = [_step_words(name)]
            elif kind == "minimum_quantity":
                words = _(
                    "The buyer asks for %(count)s pieces: start the ladder there or below, or send a counter-offer.",
                    count=quantity,
                )
                rows[0].from_quantity.errors = [words]
            elif fault.field in self:
                self[fault.field].errors = [f"{fault.problem}: {fault.accepted}"]
            else:
                self.form_errors.append(f"{fault.problem}: {fault.accepted}")

    def all_errors(self) -> list[tuple[str, str, str]]:
        """(id, label, words) of everything wrong, rows of the ladder included."""
        found = []
        for place, entry in enumerate(self.steps, start=1):
            for field in entry.form:
                label = _("Row %(row)s, %(name)s", row=place, name=field.label.text)
                found += [(field.id, label, str(error)) for error in field.errors]
        for field in self:
            if field.name != "steps":
                found += [(field.id, field.label.text, str(error)) for error in field.errors]
        return found


def _step_words(name: str) -> str:
    if name == "unit_price":
        return str(_("The price is zero, or rises with the quantity."))
    return str(_("This quantity stands here twice, or is out of range."))


def make_quote_form(offering: OfferingRow, factory: FactoryProfile, earlier: QuoteRow | None) -> QuoteForm:
    """The form, prefilled with the earlier version, else with the quantities that matter and the profile's days."""
    currency = str(offering.brief.get("currency") or "CNY")
    form = QuoteForm(data=_shown(offering, factory, earlier))
    form.set_currency(currency)
    return form


def _shown(offering: OfferingRow, factory: FactoryProfile, earlier: QuoteRow | None) -> dict[str, Any]:
    if earlier is not None:
        steps = [{"from_quantity": step.from_quantity, "unit_price": step.unit_price} for step in earlier.steps]
        return {
            "seen_round": offering.round,
            "steps": steps + [{}] * (ROWS - len(steps)),
            "lead_time_days": earlier.lead_time_days,
            "valid_days": USUAL_VALID_DAYS,
            "sample_fee": earlier.sample_fee,
            "sample_days": earlier.sample_days,
            "note": earlier.note,
        }
    wanted = sorted({min(factory.minimum_quantity or offering.quantity, offering.quantity), offering.quantity})
    larger = [count for count in (300, 1_000, 3_000) if count > offering.quantity][:1]
    return {
        "seen_round": offering.round,
        "steps": [{"from_quantity": count} for count in [*wanted, *larger]] + [{}] * (ROWS - len(wanted) - len(larger)),
        "lead_time_days": factory.lead_time_days,
        "valid_days": USUAL_VALID_DAYS,
        "sample_days": factory.sample_days,
    }
