"""Forms of rooms: what somebody says, and the reasons that operators and members give."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from market.rooms.service import LONGEST_REASON


class WhyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why somebody acts on a room; the others read it, or the history keeps it."""

    why = StringField(
        _("Why"),
        [
            InputRequired(_("Say why, in a few words.")),
            Length(max=LONGEST_REASON, message=_("At most %(max)s characters.", max=LONGEST_REASON)),
        ],
    )
