"""The form of the page of health."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class AgainForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why a job is tried again: the history keeps it."""

    why = StringField(
        _("Why"),
        [
            DataRequired(_("Say why; the history keeps the reason.")),
            Length(max=500, message=_("At most 500 characters.")),
        ],
    )
