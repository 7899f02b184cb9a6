"""The web door: one Flask application over the wiring. Each request is one unit of work, committed when it succeeds."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast
from uuid import UUID

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Flask, current_app, g, redirect, render_template, request, url_for
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import FSQLALiteUserDatastore, Security, current_user
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from market.config import Settings
from market.factories.queries import FactoryFilters, factory_count
from market.identity import queries as identity_queries
from market.identity.models import Role, User
from market.identity.service import MARKET_ID, note_key_use
from market.kit.api import ROOT as ROOT_OF_API
from market.kit.api import complete_description, validation_fault
from market.kit.clock import SkippingClock
from market.kit.db import SIGN_IN, VISITOR, Scope, Tenant, act_as, refuse_unbound_role
from market.kit.edge import BESIDE_THE_FILE, EXTENSION, add_section, allow_large_upload, part
from market.kit.faults import problem, register_faults
from market.kit.headers import set_headers
from market.kit.history import history_of
from market.kit.i18n import LANGUAGE_COOKIE, current_language, init_languages
from market.kit.logs import configure_logs
from market.kit.notices import unread_count
from market.kit.work import Actor, Work
from market.menu import navigation, waiting
from market.pages import APIS, BLUEPRINTS, SECTIONS
from market.payments import views as payments
from market.wiring import Market, assemble
from matching.verticals.pack import Vocabulary

ROOT = Path(__file__).resolve().parents[1]
NOBODY = Actor(None, None, "visitor", "visitor")
WITHOUT_WORK = frozenset({"static", "favicon", "health.livez"})
READS_ACCOUNTS = frozenset(
    {"security.login", "security.logout", "identity.join", "identity.demo_sign_in", "factories.register"}
)
SIGN_IN_PATH = "/sign-in"
database = SQLAlchemy(session_options={"expire_on_commit": False})


def create_app(market: Market | None = None) -> APIFlask:
    """Build the application over `market`, by default the one that the environment describes."""
    configure_logs()
    market = market or assemble(Settings.from_environment(os.environ), loads_torch=False)
    app = APIFlask(
        "weft",
        title="Weft",
        version="1",
        root_path=str(ROOT),
        static_folder="static",
        template_folder="market/templates",
        spec_path="/api/openapi.json",
        docs_path=None,
        json_errors=False,
    )
    app.config.update(flask_settings(market.settings, market.database_url))
    app.extensions[EXTENSION] = market.parts
    database.init_app(app)
    with app.app_context():
        event.listen(database.engine, "connect", refuse_unbound_role)
    # First of all: whoever looks up the person after this finds the session ready for it.
    app.before_request(lambda: begin_work(market))
    Security(app, FSQLALiteUserDatastore(database, User, Role))
    csrf = CSRFProtect(app)
    Compress(app)
    app.after_request(end_work)
    app.after_request(set_headers)
    init_languages(app, term=term_name, now=market.clock.now, preferred_language=own_language)
    app.context_processor(shell)
    app.add_url_rule("/", "home", home)
    app.add_url_rule("/api/docs", "api_docs", api_docs)
    app.add_url_rule("/favicon.ico", "favicon", favicon)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    csrf.exempt(payments.bp)  # The provider signs what it sends.
    for api in APIS:
        csrf.exempt(api)
        app.register_blueprint(api)
    for page, section in SECTIONS:
        add_section(app, page, section)
    limit_tries(app)
    register_faults(app, SIGN_IN_PATH)
    app.error_callback = show_api_fault
    app.spec_processor(complete_description)
    return app


def flask_settings(settings: Settings, database_url: str) -> dict[str, Any]:
    pool = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": settings.web_threads}
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_ENGINES": {"default": {"url": database_url, **pool}},
        "MAX_CONTENT_LENGTH": settings.upload_limit_bytes + BESIDE_THE_FILE,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.production,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SALT": settings.secret_key,
        "SECURITY_LOGIN_URL": SIGN_IN_PATH,
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_POST_LOGIN_VIEW": "/welcome",
        "SECURITY_POST_LOGOUT_VIEW": "/",
        "SECURITY_LOGIN_USER_TEMPLATE": "identity/sign_in.html",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_FLASH_MESSAGES": False,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "WTF_CSRF_TIME_LIMIT": None,
        # Secrets may stand beside what a reader typed: another site cannot probe the lengths, since SameSite=Lax keeps
        # the session out of everything that it can send unseen. Event streams are left as they are.
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_ALGORITHM_STREAMING": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 5,
    }


def limit_tries(app: Flask) -> None:
    """Slow down who guesses passwords or makes accounts by the dozen; everybody else never notices."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    for endpoint in ("security.login", "identity.join"):
        limited: Any = limiter.limit("30 per minute", methods=["POST"])
        app.view_functions[endpoint] = limited(app.view_functions[endpoint])


def begin_work(market: Market) -> Response | None:
    """Find out who asks, and let the session see only what that person may."""
    if request.endpoint in WITHOUT_WORK:
        return None
    session = database.session
    act_as(session, SIGN_IN)
    actor = NOBODY
    if request.path.startswith(ROOT_OF_API):
        actor = key_holder(market, session)
    elif current_user.is_authenticated:
        actor = market.member(session, current_user.organisation_id, current_user.id) or NOBODY
        if actor is NOBODY and request.endpoint not in READS_ACCOUNTS:
            return paused_page(market, session, current_user.organisation_id)
    g.work = Work(session, actor, market.clock.now(), market.new_id, market.settings)
    if actor is not NOBODY:
        allow_large_upload()
    if actor is not NOBODY:
        scope = Scope.OPERATOR if actor.role == "operator" else Scope.ORGANISATION
        act_as(session, Tenant(scope, actor.organisation_id))
    elif request.endpoint not in READS_ACCOUNTS:
        act_as(session, VISITOR)
    return None


def paused_page(market: Market, session: Session, organisation_id: UUID) -> Response:
    """What people of a paused organisation read wherever they go: why, since when, and whom to write to."""
    g.work = Work(session, NOBODY, market.clock.now(), market.new_id, market.settings)
    address = identity_queries.first_address(session, MARKET_ID)
    act_as(session, Tenant(Scope.ORGANISATION, organisation_id))
    told = history_of(session, organisation_id, "organisations", organisation_id)
    pause = next((line for line in told if line.to_state == "paused"), None)
    act_as(session, VISITOR)
    page = render_template("errors/paused.html", pause=pause, address=address)
    return Response(page, 403, mimetype="text/html")


def key_holder(market: Market, session: Session) -> Actor:
    """Whoever the API key in the Authorization header belongs to. A browser's session opens nothing here."""
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    key = identity_queries.key_by_secret(session, secret.strip()) if kind.lower() == "bearer" else None
    if key is None:
        return NOBODY
    g.api_scopes = frozenset(key.scopes)
    owner = identity_queries.organisation(session, key.organisation_id)
    note_key_use(market.work(session), key)
    return Actor(owner.id, None, f"{owner.name} ({key.name})", owner.kind)


def end_work(response: Response) -> Response:
    """Commit what succeeded; everything else leaves no trace."""
    if "work" in g:
        if response.status_code < 400:
            g.work.session.commit()
        else:
            g.work.session.rollback()
    return response


def show_api_fault(fault: HTTPError) -> Any:
    """What APIFlask found wrong with a request, before any view of ours ran."""
    if fault.status_code == 422:
        return problem(422, validation_fault(fault.detail))
    return problem(fault.status_code)


def own_language() -> str | None:
    """The language that a person chose for the account; this browser's own choice, if it made one, goes first."""
    if "work" not in g or request.cookies.get(LANGUAGE_COOKIE) or not current_user.is_authenticated:
        return None
    return cast(str | None, current_user.language)


def term_name(kind: str, identifier: str) -> str:
    """term(kind, id): the name of anything the packs know or once knew, in the reader's language."""
    language: Literal["zh", "en"] = "zh" if current_language() == "zh" else "en"
    vocabulary = part(Vocabulary)
    if kind == "vertical":
        pack = vocabulary.pack(identifier)
        return pack.name(language) if pack else identifier
    if kind == "attribute":
        attribute = vocabulary.attribute(identifier)
        return attribute.name(language) if attribute else identifier
    return vocabulary.name(kind, identifier, language)  # type: ignore[arg-type]  # kinds come from templates


def home() -> str:
    """The front page, with the trades of the packs and how many factories each has."""
    session = g.work.session
    trades = [
        {
            "id": trade,
            "label": term_name("vertical", trade),
            "factories": factory_count(session, FactoryFilters(vertical=trade)),
        }
        for trade in part(Vocabulary).packs
    ]
    return render_template("public/home.html", trades=trades)


def api_docs() -> str:
    """The JSON interface for people, drawn from its own OpenAPI description."""
    app = cast(APIFlask, current_app)
    return render_template("public/api.html", spec=app.spec, address=request.url_root.rstrip("/"))


def favicon() -> Response:
    """Where browsers look for the icon on answers that are no pages. A page of ours would begin a session meanwhile."""
    return redirect(url_for("static", filename="img/app-icon.svg"))


def shell() -> dict[str, Any]:
    """What the frame around every page reads."""
    work = g.get("work")
    role = work.actor.role if work and work.actor.organisation_id else None
    links = {"home": "/", "sign_in": SIGN_IN_PATH, "register": "/factories/register", "post": "/orders/new"}
    links["api"] = "/api/docs"
    if role:
        links |= {"home": "/welcome", "sign_out": "/sign-out", "account": "/account", "notices": "/notices"}
    return {
        "role": role,
        "language": current_language(),
        "theme": None,
        "demo": bool(work and work.settings.demo),
        "can_skip_days": isinstance(part(Market).clock, SkippingClock),
        "links": links,
        "organisation_name": work.actor.name if role else None,
        "navigation": navigation(role, waiting(work) if role else {}),
        "notices_unread": unread_count(work.session, work.organisation_id) if role else 0,
        "live_url": "/live" if role else None,
        "now": work.now if work else datetime.now(UTC),
    }
