"""Languages: which one a request is read in, and the catalogues of all capabilities merged into one.

Messages are written in English; each folder `market/<name>/translations/zh/LC_MESSAGES/messages.po` holds the Chinese
of its own pages. They are read straight from the .po files at start, so a fresh clone and a read-only folder both work
and no compiled file can be stale.
"""

import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, redirect, request
from flask_babel import Babel, Domain, get_locale, gettext
from werkzeug.wrappers import Response

from market.kit.errors import FieldFault
from market.kit.formats import Formats, per_request
from market.kit.look import register_components
from market.kit.money import CURRENCIES
from market.kit.wording import Sentence

LANGUAGES = ("zh", "en")
DEFAULT_LANGUAGE = "zh"
LANGUAGE_COOKIE = "weft_language"
MARKET_TIMEZONE = "Asia/Shanghai"
MARKET_FOLDER = Path(__file__).resolve().parent.parent
# The libraries that bring their own Chinese keep it under "zh" or under "zh_Hans_CN"; the longer name finds both.
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
YEAR_SECONDS = 365 * 24 * 3600

Term = Callable[[str, str], str]
PreferredLanguage = Callable[[], str | None]


class CatalogueFault(ValueError):
    """A catalogue that cannot be used; the message names the file and what is wrong with it."""


class MergedCatalogues(Domain):  # type: ignore[misc]  # Flask-Babel carries no types
    """The messages of every capability as one Flask-Babel domain."""

    def __init__(self, chinese: Translations) -> None:
        super().__init__()
        self._chinese = chinese

    def get_translations(self) -> NullTranslations:
        """The Chinese catalogue for Chinese readers; English needs none, because messages are English."""
        return self._chinese if current_language() == "zh" else NullTranslations()


def init_languages(
    app: Flask,
    *,
    term: Term,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    preferred_language: PreferredLanguage = lambda: None,
) -> None:
    """Give the app its languages, its number and date filters, its components (`ui`) and GET /language/<code>.

    term(kind, id) names an id of the vertical packs in the reader's language; kind is one of category, process,
    material, certification, attribute, region, vertical. preferred_language() is the signed-in person's own choice.
    """
    babel = Babel(
        app,
        default_locale=LOCALES[DEFAULT_LANGUAGE],
        default_timezone=MARKET_TIMEZONE,
        locale_selector=lambda: LOCALES[choose_language(preferred_language())],
    )
    babel.domain_instance = MergedCatalogues(compile_catalogues(catalogue_files()))
    formats = Formats(now)
    app.jinja_env.filters.update(formats.filters())
    app.jinja_env.filters["term"] = per_request(lambda identifier, kind: term(kind, identifier))
    app.jinja_env.globals.update(term=term, current_language=current_language, language_url=language_url)
    app.jinja_env.globals["currency_digits"] = lambda currency: CURRENCIES[currency][1]
    app.jinja_env.add_extension("jinja2.ext.do")
    register_components(app)
    app.add_url_rule("/language/<code>", "change_language", change_language)


def current_language() -> str:
    """The language of this request, "zh" or "en"; the default one outside a request."""
    locale = get_locale()
    return str(locale.language) if locale is not None and locale.language in LANGUAGES else DEFAULT_LANGUAGE


def choose_language(preferred: str | None) -> str:
    """What was last chosen in this browser (cookie), else the person's own setting, else what the browser accepts.

    The cookie stands first, so that the switch in the top bar works for people who are signed in too.
    """
    remembered = request.cookies.get(LANGUAGE_COOKIE) if request else None
    for choice in (remembered, preferred):
        if choice in LANGUAGES:
            return choice
    if not request:
        return DEFAULT_LANGUAGE
    return request.accept_languages.best_match(LANGUAGES, DEFAULT_LANGUAGE) or DEFAULT_LANGUAGE


def change_language(code: str) -> Response:
    """GET /language/<code>?next=/path: remember the language in a cookie and go back; an unknown code is ignored."""
    answer = redirect(local_path(request.args.get("next")), 303)
    if code in LANGUAGES:
        remember_language(answer, code)
    return answer


def remember_language(response: Response, code: str) -> None:
    """Set the language cookie, for a year."""
    response.set_cookie(
        LANGUAGE_COOKIE, code, max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure
    )


def local_path(address: str | None) -> str:
    """The address when it is a path of this site, "/" otherwise: nobody is sent to another site."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return "/"
    parts = urlsplit(address)
    return "/" if parts.scheme or parts.netloc else address


def language_url(code: str) -> str:
    """The link that shows this very page in the other language."""
    here = request.full_path.rstrip("?") if request and request.method == "GET" else "/"
    return current_app.url_for("change_language", code=code, next=here)


def catalogue_files(folder: Path = MARKET_FOLDER) -> list[Path]:
    """Every Chinese catalogue below the folder, in a fixed order."""
    return sorted(folder.glob("*/translations/zh/LC_MESSAGES/messages.po"))


def compile_catalogues(files: Iterable[Path]) -> Translations:
    """Read .po files into one set of translations held in memory; where two disagree the first one holds.

    A test names every disagreement, so that one never reaches a reader.
    """
    merged = Catalog(locale="zh", domain="messages")
    for path in files:
        for message in read_catalogue(path):
            if message.id and message.string and not message.fuzzy and merged.get(message.id, message.context) is None:
                merged.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def read_catalogue(path: Path) -> Catalog:
    """One .po file. Raises CatalogueFault with its name when it is not UTF-8 or not a catalogue."""
    try:
        with path.open("rb") as file:
            return read_po(file, locale="zh", domain="messages", abort_invalid=True)
    except (UnicodeDecodeError, ValueError) as fault:
        raise CatalogueFault(f"{path} is not a readable catalogue: {fault}") from fault


def say(text: str) -> str:
    """A sentence of a service in the reader's language."""
    sentence = Sentence.of(text)
    values = {name: f"{value:,}" if isinstance(value, int) else value for name, value in sentence.values.items()}
    return str(gettext(sentence.template)) % values


def say_fault(fault: FieldFault) -> str:
    """A fault as one sentence: what is wrong, and what is accepted."""
    if not fault.accepted:
        return str(gettext("This %(problem)s.", problem=say(fault.problem)))
    return str(
        gettext("This %(problem)s; accepted: %(accepted)s.", problem=say(fault.problem), accepted=say(fault.accepted))
    )
