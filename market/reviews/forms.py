"""Forms of reviews: writing one, answering one, and hiding one."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from market.kit.errors import FieldFault, Invalid
from market.kit.i18n import say_fault
from market.reviews.hiding import LONGEST_WHY
from market.reviews.queries import ReviewRow, Side
from market.reviews.service import MARKS, Verdict

LONGEST: Final = 1_000
TOO_LONG: Final = _("At most %(max)d characters.")
STAR_CHOICES: Final = [
    SelectChoice(5, lazy_pgettext("stars", "5, very good")),
    SelectChoice(4, lazy_pgettext("stars", "4, good")),
    SelectChoice(3, lazy_pgettext("stars", "3, fair")),
    SelectChoice(2, lazy_pgettext("stars", "2, poor")),
    SelectChoice(1, lazy_pgettext("stars", "1, very poor")),
]
NO_MARK: Final = lazy_pgettext("stars", "no mark")
MARK_NAMES: Final[Mapping[str, Any]] = {
    "as_agreed": lazy_pgettext("review", "Goods as agreed"),
    "on_time": lazy_pgettext("review", "On time"),
    "communication": lazy_pgettext("review", "Communication"),
    "requirements": lazy_pgettext("review", "Clear requirements"),
    "quick_answers": lazy_pgettext("review", "Quick to answer"),
    "pays_on_time": lazy_pgettext("review", "Pays on time"),
}


def _whole(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None


def _marks(label: Any) -> RadioField:
    choices = [*(SelectChoice(mark, str(mark)) for mark in range(5, 0, -1)), SelectChoice("", NO_MARK)]
    return RadioField(label, choices=choices, coerce=_whole, validate_choice=False)


class _ReviewForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    stars = RadioField(
        _("All in all"),
        [InputRequired(_("Choose from 1 to 5."))],
        choices=STAR_CHOICES,
        coerce=_whole,
        validate_choice=False,
    )
    words = TextAreaField(_("In words"), [Length(max=LONGEST, message=TOO_LONG)], render_kw={"rows": 4})
    marks: tuple[str, ...] = ()

    def mark_fields(self) -> list[Any]:
        return [self[name] for name in self.marks]

    def verdict(self) -> Verdict:
        marked = {name: self[name].data for name in self.marks if self[name].data is not None}
        return Verdict(self.stars.data or 0, marked, self.words.data or "")

    def show_fault(self, refusal: Invalid) -> None:
        """Put what only the verb refused to its fields."""
        put_faults(self, refusal.faults)


def review_form(side: Side, own: ReviewRow | None, **named: Any) -> _ReviewForm:
    """The form of a side, prefilled with what it said before."""
    fields = {name: _marks(MARK_NAMES[name]) for name in MARKS[side]}
    kind = type("ReviewForm", (_ReviewForm,), {**fields, "marks": MARKS[side]})
    before = {} if own is None else {"stars": own.stars, "words": own.words, **own.marks}
    made: _ReviewForm = kind(data=before, **named)
    return made


class AnswerForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """What the reviewed side says to a review."""

    words = TextAreaField(
        _("Your answer"),
        [InputRequired(_("Say something, in a few words.")), Length(max=LONGEST, message=TOO_LONG)],
        render_kw={"rows": 4},
    )


class HideForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why a review is taken off the pages."""

    why = TextAreaField(
        _("Why it breaks the rules; its author reads it"),
        [InputRequired(_("Say why; its author reads it.")), Length(max=LONGEST_WHY, message=TOO_LONG)],
        render_kw={"rows": 3},
    )


def put_faults(form: Any, faults: tuple[FieldFault, ...]) -> None:
    """Show faults at the fields that they are about."""
    for fault in faults:
        if fault.field in form:
            form[fault.field].errors = [*form[fault.field].errors, say_fault(fault)]
        else:
            form.form_errors.append(say_fault(fault))
