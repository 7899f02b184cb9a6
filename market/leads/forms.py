"""Forms of leads: saying no with a reason, and proposing another date or minimum."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from market.factories.fields import DayField, WholeNumberField
from market.leads.service import LARGEST_MINIMUM, LONGEST_NOTE

NOTE_LENGTH = Length(max=LONGEST_NOTE, message=_l("At most 500 characters."))


class DeclineForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why a lead is not for this factory."""

    reason = RadioField(
        _l("Why not?"),
        [InputRequired(_l("Choose a reason, so that fewer leads of this kind come."))],
        choices=[
            ("capacity", _l("No capacity now")),
            ("price", _l("Price too low")),
            ("process", _l("Not our process")),
            ("material", _l("Not our material")),
            ("quantity", _l("Quantity does not suit")),
            ("time", _l("Too little time")),
            ("other", _l("Something else")),
        ],
    )
    note = TextAreaField(_l("A word on it"), [NOTE_LENGTH])


class CounterForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """What would make the lead possible. Date or minimum, or both."""

    due_on = DayField(_l("Deliver by"))
    minimum_quantity = WholeNumberField(_l("Minimum pieces"), lowest=1, highest=LARGEST_MINIMUM)
    note = TextAreaField(_l("Why, in a sentence"), [NOTE_LENGTH])

    def validate(self, extra_validators: object = None) -> bool:
        """As every form; and something must be proposed."""
        if not super().validate(extra_validators):
            return False
        if self.due_on.data is None and self.minimum_quantity.data is None:
            self.form_errors.append(_("Propose another date, another minimum, or both."))
            return False
        return True
