"""Forms of leads: saying no with a reason, and proposing another date or minimum."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from market.factories.fields import DayField, WholeNumberField
from market.leads.service import LARGEST_MINIMUM, LONGEST_NOTE

NOTE_LENGTH = Length(max=LONGEST_NOTE, message=_("At most 500 characters."))


class DeclineForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why a lead is not for this factory."""

    reason = RadioField(
        _("Why not?"),
        [InputRequired(_("Choose a reason, so that fewer leads of this kind come."))],
        choices=[
            SelectChoice("capacity", _("No capacity now")),
            SelectChoice("price", _("Price too low")),
            SelectChoice("process", _("Not our process")),
            SelectChoice("material", _("Not our material")),
            SelectChoice("quantity", _("Quantity does not suit")),
            SelectChoice("time", _("Too little time")),
            SelectChoice("other", _("Something else")),
        ],
    )
    note = TextAreaField(_("A word on it"), [NOTE_LENGTH])


class CounterForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """What would make the lead possible. Date or minimum, or both."""

    due_on = DayField(_("Deliver by"))
    minimum_quantity = WholeNumberField(_("Minimum pieces"), lowest=1, highest=LARGEST_MINIMUM)
    note = TextAreaField(_("Why, in a sentence"), [NOTE_LENGTH])

    def validate(self, extra_validators: object = None) -> bool:
        """As every form; and something must be proposed."""
        if not super().validate(extra_validators):
            return False
        if self.due_on.data is None and self.minimum_quantity.data is None:
            self.form_errors.append(_("Propose another date, another minimum, or both."))
            return False
        return True
