"""Forms of disputes: opening one, adding evidence, proposing, and the operator's decision."""

from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, MultipleFileField, RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from market.disputes.opening import REASONS_OF
from market.disputes.queries import Outcome, Reason, Side
from market.disputes.rows import LONGEST_WORDS
from market.factories.fields import DayField, PriceField, WholeNumberField

WORDS: Final = Length(max=LONGEST_WORDS, message=_("At most %(max)d characters."))
REASON_CHOICES: Final = {
    Reason.DEFECTS: lazy_pgettext("dispute", "defective goods"),
    Reason.SHORT: lazy_pgettext("dispute", "pieces are missing"),
    Reason.LATE: lazy_pgettext("dispute", "late"),
    Reason.WRONG_GOODS: lazy_pgettext("dispute", "other goods than agreed"),
    Reason.DAMAGED: lazy_pgettext("dispute", "damaged on the way"),
    Reason.NOT_PAID: lazy_pgettext("dispute", "not paid"),
    Reason.OTHER: lazy_pgettext("dispute", "something else"),
}


class OpenForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """What is wrong with a share. key: a second press finds the first dispute."""

    key = HiddenField()
    reason = RadioField(_("What is wrong"), [InputRequired(_("Choose what is wrong."))], choices=[])
    pieces = WholeNumberField(_("Pieces concerned"), lowest=0)
    amount = PriceField(_("Disputed amount"))
    words = TextAreaField(_("What happened"), [InputRequired(_("Say what happened, in a few words.")), WORDS])
    files = MultipleFileField(_("Photos or papers"))

    def fill_choices(self, side: Side, currency: str, most_pieces: int) -> None:
        self.reason.choices = [SelectChoice(reason.value, REASON_CHOICES[reason]) for reason in REASONS_OF[side]]
        self.amount.currency = currency
        self.pieces.highest = most_pieces


class _Small(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A form that shares its page with another; the page's token protects it."""

    class Meta:
        csrf = False


class SayForm(_Small):
    """Words and files for the evidence. key: said twice, it is kept once."""

    key = HiddenField()
    words = TextAreaField(_("What you want to show"), [WORDS])
    files = MultipleFileField(_("Photos or papers"))


class ProposeForm(_Small):
    """How one side would settle; its fields stand under a prefix, as the page has words of another form too."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, prefix="propose-", **named)

    kind = RadioField(
        _("How to settle"),
        [InputRequired(_("Choose how to settle."))],
        choices=[
            SelectChoice("refund", lazy_pgettext("dispute", "pay back")),
            SelectChoice("remake", lazy_pgettext("dispute", "make it again")),
            SelectChoice("nothing", lazy_pgettext("dispute", "pay nothing back")),
        ],
    )
    refund = PriceField(_("Paid back to the buyer"))
    remake_by = DayField(_("Made again by"))
    words = TextAreaField(_("Why"), [WORDS])

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        _need(self.refund, self.kind.data == "refund", _("Say how much goes back."))
        _need(self.remake_by, self.kind.data == "remake", _("Say by which day."))
        return not any(field.errors for field in self)


class DecideForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """The market's decision. seen: the hash of the lines that were shown."""

    seen = HiddenField()
    outcome = RadioField(
        _("Decision"),
        [InputRequired(_("Choose what is decided."))],
        choices=[
            SelectChoice(Outcome.PART_REFUND.value, lazy_pgettext("dispute", "pay a part back")),
            SelectChoice(Outcome.REFUND.value, lazy_pgettext("dispute", "pay all of it back")),
            SelectChoice(Outcome.REMAKE.value, lazy_pgettext("dispute", "make it again")),
            SelectChoice(Outcome.REJECT.value, lazy_pgettext("dispute", "reject, pay nothing back")),
        ],
    )
    refund = PriceField(_("Paid back to the buyer"))
    remake_by = DayField(_("Made again by"))
    why = TextAreaField(_("Why; both sides read it"), [InputRequired(_("Say why; both sides read it.")), WORDS])

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        _need(self.refund, self.outcome.data == Outcome.PART_REFUND.value, _("Say how much goes back."))
        _need(self.remake_by, self.outcome.data == Outcome.REMAKE.value, _("Say by which day."))
        return not any(field.errors for field in self)


def _need(field: Any, is_needed: bool, words: Any) -> None:
    """A field that goes with one choice has to be there; what is typed beside another choice does not matter."""
    if not is_needed:
        field.errors = []
    elif field.data is None and not field.errors:
        field.errors = [words]
