"""Forms of records."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class VouchForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why an operator's word stands for a factory, or no longer does; the history keeps it."""

    why = StringField(
        _("Why"),
        [InputRequired(_("Say why; the history keeps it.")), Length(max=500, message=_("At most 500 characters."))],
    )
