"""Forms of the operators' desk."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class ReasonForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why an operator acts: the other side reads it, and the history keeps it."""

    why = StringField(
        _("Why"),
        [
            InputRequired(_("Say why; the other side reads it.")),
            Length(max=500, message=_("At most 500 characters.")),
        ],
    )
