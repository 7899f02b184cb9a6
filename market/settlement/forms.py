"""The form of the operators' desk of money."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from market.settlement.remedies import LONGEST_REASON


class SeenField(HiddenField):  # type: ignore[misc]  # WTForms carries no types
    """The amount that was read, in minor units; what is no number is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0] if valuelist else ""
        self.data = int(text) if text.isdecimal() and len(text) < 17 else 0


class RemedyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why money is moved by hand: the history keeps it."""

    seen = SeenField()
    why = TextAreaField(
        _("Why"),
        [
            DataRequired(_("Say why; the history keeps the reason.")),
            Length(max=LONGEST_REASON, message=_("At most %(max)d characters.")),
        ],
    )
