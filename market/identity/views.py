"""Pages of accounts: joining, demo sign-in, account, API keys, notices. Signing in and out is Flask-Security's."""

from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user, hash_password, login_user
from werkzeug.wrappers import Response as BaseResponse

from market.identity import queries, service
from market.identity.forms import JoinForm, KeyForm
from market.kit.edge import allow, part, read_id, work
from market.kit.i18n import LANGUAGES, choose_language, local_path, remember_language
from market.kit.live import LiveNews
from market.kit.notices import latest_notices, mark_read

bp = Blueprint("identity", __name__, template_folder="templates")

HOMES = {"seller": "/orders", "factory": "/leads", "operator": "/operator"}


@bp.get("/welcome")
def welcome() -> BaseResponse:
    """Where a person lands after signing in: the first page of the role."""
    return redirect(HOMES.get(work().actor.role, "/"))


@bp.route("/join", methods=["GET", "POST"])
def join() -> BaseResponse | tuple[str, int] | str:
    """A brand seller makes an account and is signed in."""
    form = JoinForm()
    if not form.validate_on_submit():
        return render_template("identity/join.html", form=form), 422 if form.is_submitted() else 200
    registration = service.Registration(
        kind="seller",
        name=form.name.data,
        email=form.email.data,
        password_hash=hash_password(form.password.data),
        language=choose_language(None),
    )
    try:
        row = service.register(work(), registration)
    except service.RegistrationFault as fault:
        for found in fault.faults:
            if found.field in form:
                form[found.field].errors = [_("An account uses this address already. Sign in, or use another one.")]
        return render_template("identity/join.html", form=form), 422
    sign_in_first_person(row.id)
    return redirect(local_path(request.args.get("next")) if request.args.get("next") else HOMES["seller"])


def sign_in_first_person(organisation_id: UUID) -> None:
    """Sign in the person who has just made this organisation."""
    user = queries.first_user(work().session, organisation_id)
    login_user(user)


@bp.get("/demo/sign-in/<role>")
def demo_sign_in(role: str) -> BaseResponse:
    """One click into the demo market. Where the demo is off, this address does not exist."""
    if not work().settings.demo or role not in HOMES:
        abort(404)
    user = queries.demo_user(work().session, role)
    if user is None:
        abort(404)
    login_user(user)
    return redirect(local_path(request.args.get("next")) if request.args.get("next") else HOMES[role])


@bp.route("/account", methods=["GET", "POST"])
@allow("seller", "factory", "operator")
def account() -> str | tuple[str, int]:
    """The organisation, the language, and the API keys; POST issues a key, which is shown once."""
    form, secret, status = KeyForm(work().actor.role), None, 200
    if form.validate_on_submit():
        _row, secret = service.issue_key(work(), form.name.data, tuple(form.scopes.data))
    elif form.is_submitted():
        status = 422
    organisation = queries.organisation(work().session, work().organisation_id)
    keys = queries.api_keys(work().session, work().organisation_id)
    page = render_template("identity/account.html", form=form, secret=secret, organisation=organisation, keys=keys)
    return page, status


@bp.post("/account/keys/<key_id>/revoke")
@allow("seller", "factory", "operator")
def revoke_key(key_id: str) -> BaseResponse:
    service.revoke_key(work(), read_id(key_id))
    flash(_("The key is closed."), "ok")
    return redirect(url_for("identity.account"))


@bp.post("/account/language/<code>")
@allow("seller", "factory", "operator")
def change_language(code: str) -> BaseResponse:
    if code not in LANGUAGES:
        abort(404)
    service.choose_language(work(), current_user.id, code)
    answer = redirect(url_for("identity.account"))
    remember_language(answer, code)
    return answer


@bp.get("/notices")
@allow("seller", "factory", "operator")
def notices() -> str:
    """The bell: what happened, newest first. Opening it marks everything read."""
    lines = latest_notices(work().session, work().organisation_id)
    page = render_template("identity/notices.html", notices=lines)
    mark_read(work().session, work().organisation_id, work().now)
    return page


@bp.get("/live")
@allow("seller", "factory", "operator")
def live() -> Response:
    """The event stream of the signed-in organisation."""
    stream = part(LiveNews).stream(work().organisation_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return current_app.response_class(stream, mimetype="text/event-stream", headers=headers)
