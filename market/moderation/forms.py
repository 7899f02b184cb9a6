"""Forms of moderation."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class DecisionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why an operator decides so; where the shop is asked or stopped, it reads this."""

    why = StringField(
        _("Why"),
        [
            InputRequired(_("Say why; the other side reads it.")),
            Length(max=500, message=_("At most 500 characters.")),
        ],
    )
