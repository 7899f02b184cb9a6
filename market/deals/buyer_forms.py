"""Forms of the shop's page of a deal."""

from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from market.factories.fields import WholeNumberField
from market.kit.uploads import UploadedFile

LONGEST_TEXT: Final = 2_000
LONGEST_NAME: Final = 120
APPROVE, REJECT = "approve", "reject"


class _Keyed(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A form whose second press finds the first done; the page's token protects it."""

    class Meta:
        csrf = False

    key = HiddenField()


class SampleForm(_Keyed):
    """What a shop says of a version of the sample. choice: which of its two buttons was pressed."""

    choice = HiddenField()
    comments = TextAreaField(_("Your comments"), [Length(max=LONGEST_TEXT, message=_("At most %(max)d characters."))])

    def validate_comments(self, field: Any) -> None:
        if self.choice.data == REJECT and not (field.data or "").strip():
            raise ValidationError(_("Say what is to be changed: the factory makes the next version by it."))


class InspectionForm(_Keyed):
    """What is done about a failed inspection."""

    choice = RadioField(_("What is done"), [InputRequired(_("Choose what is done."))], choices=[])


class AgainForm(_Keyed):
    """How many are ordered again."""

    pieces = WholeNumberField(_("Quantity"), validators=[InputRequired(_("Write how many you order."))])


class ReceivedForm(_Keyed):
    """That the parcel came."""

    received_by = StringField(
        _("Who took it"),
        [
            InputRequired(_("Name who took the parcel.")),
            Length(max=LONGEST_NAME, message=_("At most %(max)d characters.")),
        ],
    )
    files = MultipleFileField(_("Photos of what arrived"))

    def uploaded(self) -> list[UploadedFile]:
        return [UploadedFile(each.filename or "", each.read()) for each in self.files.data or () if each.filename]
