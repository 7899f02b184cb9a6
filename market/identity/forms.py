"""Forms of accounts: joining as a shop, and API keys. Factories register through market/factories."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Email, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from market.identity.service import API_SCOPES, LONGEST_NAME, OF_MARKET, SHORTEST_PASSWORD

PASSWORD_LENGTH = Length(
    min=SHORTEST_PASSWORD, max=200, message=_("Use 10 to 200 characters; a sentence is easiest to remember.")
)


class AccountForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Who signs in: an address and a password."""

    email = EmailField(
        _("Email"),
        [
            InputRequired(_("Type the address you sign in with.")),
            Email(message=_("This is no email address; write it like name@example.com.")),
        ],
    )
    password = PasswordField(_("Password"), [InputRequired(_("Choose a password.")), PASSWORD_LENGTH])


class JoinForm(AccountForm):
    """A brand seller joins."""

    name = StringField(
        _("Shop or brand name"),
        [
            InputRequired(_("Type the name of your shop or brand.")),
            Length(max=LONGEST_NAME, message=_("At most 80 characters.")),
        ],
    )
    agreed = BooleanField(
        _("I post only orders I mean to place"),
        [InputRequired(_("Orders that nobody means cost a factory its week; please agree."))],
    )


class KeyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A new API key."""

    name = StringField(_("What the key is for"), [InputRequired(_("Name the key.")), Length(max=LONGEST_NAME)])
    scopes = SelectMultipleField(
        _("What it may do"),
        [InputRequired(_("Choose at least one."))],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    def __init__(self, role: str) -> None:
        super().__init__()
        self.scopes.choices = [
            SelectChoice(scope) for scope in API_SCOPES if role == "operator" or scope not in OF_MARKET
        ]
