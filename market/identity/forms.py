"""Forms of accounts: joining as a shop, and API keys. Factories register through market/factories."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, SelectMultipleField, StringField
from wtforms.validators import Email, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from market.identity.service import API_SCOPES, LONGEST_NAME, SHORTEST_PASSWORD

PASSWORD_LENGTH = Length(
    min=SHORTEST_PASSWORD, max=200, message=_l("Use 10 to 200 characters; a sentence is easiest to remember.")
)


class AccountForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Who signs in: an address and a password."""

    email = EmailField(
        _l("Email"),
        [
            InputRequired(_l("Type the address you sign in with.")),
            Email(message=_l("This is no email address; write it like name@example.com.")),
        ],
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Choose a password.")), PASSWORD_LENGTH])


class JoinForm(AccountForm):
    """A brand seller joins."""

    name = StringField(
        _l("Shop or brand name"),
        [
            InputRequired(_l("Type the name of your shop or brand.")),
            Length(max=LONGEST_NAME, message=_l("At most 80 characters.")),
        ],
    )
    agreed = BooleanField(
        _l("I post only orders I mean to place"),
        [InputRequired(_l("Orders that nobody means cost a factory its week; please agree."))],
    )


class KeyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A new API key."""

    name = StringField(_l("What the key is for"), [InputRequired(_l("Name the key.")), Length(max=LONGEST_NAME)])
    scopes = SelectMultipleField(
        _l("What it may do"),
        [InputRequired(_l("Choose at least one."))],
        choices=[(scope, scope) for scope in API_SCOPES],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
