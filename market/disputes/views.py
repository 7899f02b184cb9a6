"""Pages of disputes for both sides: opening one, its page, and what is done there."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from market.disputes import queries, service
from market.disputes.boards import board_of
from market.disputes.forms import OpenForm, ProposeForm, SayForm
from market.disputes.grounds import Ground, ground_of
from market.disputes.queries import DisputeRow, Side
from market.disputes.wording import conflict_in_words, put_faults
from market.kit.downloads import download
from market.kit.edge import allow, read_id, takes_upload, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.money import Money
from market.kit.uploads import UploadedFile

bp = Blueprint("disputes", __name__, template_folder="templates", url_prefix="/disputes")
Answer = BaseResponse | str | tuple[str, int]
BOTH: Final = ("seller", "factory")
MOST_BYTES: Final = 60 * 1024 * 1024
"""What a request may bring in photos together: ten of a phone's."""


@bp.route("/new", methods=["GET", "POST"])
@takes_upload(MOST_BYTES)
@allow(*BOTH)
def open_one() -> Answer:
    """Say what is wrong with a share: reason, pieces, amount, words, photos."""
    ground, side = _own_ground(request.args.get("share", ""))
    form = OpenForm(data={"key": str(uuid4())})
    form.fill_choices(side, ground.paid.currency, ground.pieces)
    alive = next((row for row in queries.disputes_of_share(work().session, ground.share.id) if row.is_alive), None)
    if request.method == "GET":
        return _opening(form, ground, side, alive)
    if not form.validate():
        return _opening(form, ground, side, None, 422)
    pieces = form.pieces.data or 0
    money = form.amount.data or ground.price_of(pieces)
    if not money.minor:
        form.amount.errors = [_("Say how many pieces are concerned, or which amount.")]
        return _opening(form, ground, side, None, 422)
    claim = service.Claim(form.reason.data, form.words.data, pieces, money)
    try:
        opened = service.open_dispute(work(), ground.share.id, claim, _files(), key=(form.key.data or "")[:80])
    except Conflict as fault:
        form.form_errors.append(conflict_in_words(fault))
        return _opening(form, ground, side, None, 409)
    except Invalid as refusal:
        put_faults(form, refusal)
        return _opening(form, ground, side, None, 422)
    flash(_("The dispute is open. Only the disputed part is frozen."), "ok")
    return redirect(url_for("disputes.show", dispute_id=opened), 303)


@bp.get("/amount")
@allow(*BOTH)
def amount() -> str:
    """What so many pieces cost: fetched while the form is filled in."""
    ground, _side = _own_ground(request.args.get("share", ""))
    typed = request.args.get("pieces", "").strip()
    pieces = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0
    return render_template("disputes/_amount.html", ground=ground, pieces=pieces, money=ground.price_of(pieces))


@bp.get("/<dispute_id>")
@allow(*BOTH, "operator")
def show(dispute_id: str) -> Answer:
    """One dispute, as both sides read it; operators have a page of their own."""
    if work().actor.role == "operator":
        return redirect(url_for("dispute_desk.show", dispute_id=read_id(dispute_id)))
    row, side = _own(dispute_id)
    return _page(row, side)


@bp.post("/<dispute_id>/say")
@takes_upload(MOST_BYTES)
@allow(*BOTH)
def say(dispute_id: str) -> Answer:
    """Add words and files to the evidence; with them the factory says that remade goods arrived, or the shop that
    they are not right."""
    row, side = _own(dispute_id)
    form = SayForm()
    verbs: dict[str, Callable[..., object]] = {
        "remade": service.report_remade,
        "refused": service.refuse_remade,
    }
    verb = verbs.get(request.form.get("about", ""))
    if not form.validate():
        return _page(row, side, say_form=form, status=422)
    files, key = _files(), (form.key.data or "")[:80]
    try:
        if verb is None:
            service.say(work(), row.id, form.words.data or "", files, key=key)
        else:
            verb(work(), row.id, form.words.data or "", files)
    except Conflict as fault:
        form.form_errors.append(conflict_in_words(fault))
        return _page(row, side, say_form=form, status=409)
    except Invalid as refusal:
        put_faults(form, refusal)
        return _page(row, side, say_form=form, status=422)
    flash(_("Kept. The other side has been told."), "ok")
    return _back(row)


@bp.post("/<dispute_id>/propose")
@allow(*BOTH)
def propose(dispute_id: str) -> Answer:
    """Propose how to settle."""
    row, side = _own(dispute_id)
    form = ProposeForm()
    form.refund.currency = row.amount.currency
    if not form.validate():
        return _page(row, side, propose_form=form, status=422)
    kind = form.kind.data
    nothing = Money(0, row.amount.currency)
    refund = form.refund.data if kind == "refund" else nothing
    day = form.remake_by.data if kind == "remake" else None
    try:
        service.propose(work(), row.id, service.Terms(refund, day, form.words.data or ""))
    except Conflict as fault:
        form.form_errors.append(conflict_in_words(fault))
        return _page(row, side, propose_form=form, status=409)
    except Invalid as refusal:
        put_faults(form, refusal)
        return _page(row, side, propose_form=form, status=422)
    flash(_("Proposed. The other side has been told."), "ok")
    return _back(row)


@bp.post("/<dispute_id>/proposals/<proposal_id>/<answer>")
@allow(*BOTH)
def answer(dispute_id: str, proposal_id: str, answer: str) -> BaseResponse:
    """Take a proposal of the other side, or not."""
    verbs: dict[str, Callable[..., object]] = {
        "accept": service.accept_proposal,
        "decline": service.decline_proposal,
    }
    row, _side = _own(dispute_id)
    if answer not in verbs:
        raise NotFound
    proposal = read_id(proposal_id)
    return _do(row, lambda: verbs[answer](work(), row.id, proposal))


@bp.post("/<dispute_id>/<action>")
@allow(*BOTH)
def act(dispute_id: str, action: str) -> BaseResponse:
    """Take a dispute back, call Weft, or accept goods that were made again."""
    verbs: dict[str, Callable[..., object]] = {
        "withdraw": service.withdraw,
        "call": service.ask_for_decision,
        "accept-remade": service.accept_remade,
    }
    row, _side = _own(dispute_id)
    if action not in verbs:
        raise NotFound
    return _do(row, lambda: verbs[action](work(), row.id))


@bp.get("/files/<file_id>")
@allow(*BOTH, "operator")
def file(file_id: str) -> Response:
    """A photo or paper of the evidence, always as a download: nothing that somebody uploaded runs in a browser."""
    row, content = queries.file_content(work().session, read_id(file_id))
    return download(row.name, row.media_type, content)


def _own(dispute_id: str) -> tuple[DisputeRow, Side]:
    """A dispute and the side on which the reader stands. Raises NotFound."""
    row = queries.dispute(work().session, read_id(dispute_id))
    side = row.side_of(work().organisation_id)
    if side is None:
        raise NotFound
    return row, side


def _own_ground(share_id: str) -> tuple[Ground, Side]:
    ground = ground_of(work().session, read_id(share_id))
    own: UUID = work().organisation_id
    side = {ground.share.organisation_id: Side.SHOP, ground.share.factory_id: Side.FACTORY}.get(own)
    if side is None:
        raise NotFound
    return ground, side


def _do(row: DisputeRow, verb: Callable[[], object]) -> BaseResponse:
    try:
        with work().session.begin_nested():
            verb()
    except Conflict as fault:
        flash(conflict_in_words(fault), "error")
    else:
        flash(_("Done. The other side has been told."), "ok")
    return _back(row)


def _back(row: DisputeRow) -> BaseResponse:
    return redirect(url_for("disputes.show", dispute_id=row.id), 303)


def _opening(form: OpenForm, ground: Ground, side: Side, alive: DisputeRow | None, status: int = 200) -> Answer:
    page = render_template(
        "disputes/new.html", form=form, ground=ground, side=side.value, alive=alive, now=work().now, **_limits()
    )
    return page, status


def _page(row: DisputeRow, side: Side, *, status: int = 200, **forms: Any) -> Answer:
    propose_form = forms.get("propose_form") or ProposeForm(formdata=None)
    propose_form.refund.currency = row.amount.currency
    say_form = forms.get("say_form") or SayForm(formdata=None, data={"key": str(uuid4())})
    page = render_template(
        "disputes/show.html",
        board=board_of(work(), row, side),
        say_form=say_form,
        propose_form=propose_form,
        proposing="propose_form" in forms,
        **_limits(),
    )
    return page, status


def _limits() -> dict[str, Any]:
    return {"most_bytes": work().settings.upload_limit_bytes}


def _files() -> list[UploadedFile]:
    return [UploadedFile(each.filename or "", each.read()) for each in request.files.getlist("files") if each.filename]
