"""Forms of the exposure page and of shadow rankers."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import FileField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from market.ranking.exposure import MOST_PERCENT
from market.ranking.service import LONGEST_REASON
from market.ranking.splits import LEAST_PERCENT
from market.ranking.splits import MOST_PERCENT as MOST_SPLIT

_WHOLE = _("A whole number from 0 to 10.")
_SHARE = _("A whole number from 5 to 50.")


def _percent() -> IntegerField:
    return IntegerField(
        _("Leads given to learning, in percent"),
        [InputRequired(_WHOLE), NumberRange(0, MOST_PERCENT, message=_WHOLE)],
    )


def _why(kind: type[StringField]) -> StringField:
    return kind(
        _("Why"),
        [
            DataRequired(_("Say why; the history keeps the reason.")),
            Length(max=LONGEST_REASON, message=_("At most %(max)d characters.")),
        ],
    )


class ShareForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A share to try, in percent."""

    class Meta:
        csrf = False

    percent = _percent()


class ApplyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A share to apply, and why: the history keeps it."""

    percent = _percent()
    why = _why(TextAreaField)


class CandidateForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A kept version or a ranker file that is to rank in shadow, and why."""

    version = SelectField(_("A kept version"), validate_choice=False)
    file = FileField(_("or a ranker file (JSON)"))
    why = _why(TextAreaField)


class SplitForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A candidate that is to rank a share of new requests, the share, and why."""

    candidate = SelectField(_("Candidate"), validate_choice=False)
    percent = IntegerField(
        _("New requests that it ranks, in percent"),
        [InputRequired(_SHARE), NumberRange(LEAST_PERCENT, MOST_SPLIT, message=_SHARE)],
        default=20,
    )
    why = _why(TextAreaField)


class DecisionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why a candidate is to rank, or no longer to."""

    why = _why(StringField)
