"""Forms of the money pages: where a factory's bank is, and which month a statement is of."""

from typing import Final

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields import SelectChoice

COUNTRIES: Final = (
    SelectChoice("CN", lazy_pgettext("country", "Mainland China")),
    SelectChoice("HK", lazy_pgettext("country", "Hong Kong")),
    SelectChoice("TW", lazy_pgettext("country", "Taiwan")),
    SelectChoice("VN", lazy_pgettext("country", "Vietnam")),
    SelectChoice("SG", lazy_pgettext("country", "Singapore")),
    SelectChoice("US", lazy_pgettext("country", "United States")),
    SelectChoice("GB", lazy_pgettext("country", "United Kingdom")),
    SelectChoice("DE", lazy_pgettext("country", "Germany")),
)


class AccountForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Where the account is opened: the provider asks the rest on its own pages."""

    country = SelectField(_("Where is your bank account?"), choices=list(COUNTRIES), default="CN")
