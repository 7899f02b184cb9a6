"""The operators' pages of the trades: the list, a pack's versions, and the wizard that publishes one."""

from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from market.kit.downloads import download
from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import current_language
from market.trades import queries, service
from market.trades.preview import LONGEST_SENTENCE, MOST_SENTENCES, previewed
from market.trades.usage import Use, use_of_trades
from market.trades.wording import change_words, kind_words, part_words, say_pack_fault
from market.verticals.live import InUse, in_use, text_of
from market.verticals.queries import TradeLine, changes, trade_lines, version_lines
from market.verticals.service import FaultyPack, NothingNew, SeenEarlier, restore_pack, retire_pack
from matching.verticals.pack import KINDS, Language

bp = Blueprint("verticals", __name__, template_folder="templates", url_prefix="/operator/verticals")
TEMPLATE: Final = Path(__file__).with_name("template.yaml")
YAML: Final = "application/yaml"


@bp.app_context_processor
def words_of_packs() -> dict[str, Any]:
    return {"kind_words": kind_words, "part_words": part_words, "change_words": change_words}


@bp.get("")
@allow("operator")
def pack_list() -> str:
    """Every trade with its version and what stands on it, the drafts, and what was done lately."""
    session = work().session
    use, none = use_of_trades(session), Use()
    lines = trade_lines(session)
    return render_template(
        "trades/list.html",
        lines=[(line, use.get(line.vertical, none)) for line in lines],
        most=max([1, *(each.orders + each.factories for each in use.values())]),
        drafts=queries.open_drafts(session),
        changes=changes(session, most=12),
        unusable=[(fault, say_pack_fault(fault)) for fault in in_use(session).unusable],
    )


@bp.get("/new")
@allow("operator")
def start() -> str:
    """The first step: a file, or what one starts from."""
    return _start_page()


@bp.post("/new")
@allow("operator")
def upload() -> ResponseReturnValue:
    """Keep the file, whatever is wrong with it, and show its check."""
    chosen = request.files.get("file")
    begin_with = request.form.get("begin_with", "")
    if chosen is not None and chosen.filename:
        text, name = _decoded(chosen.read()), chosen.filename
    elif begin_with == "template":
        text, name = TEMPLATE.read_text(encoding="utf-8"), "my-trade.yaml"
    elif begin_with in {line.vertical for line in trade_lines(work().session)}:
        text, name = _live_text(in_use(work().session), begin_with), f"{begin_with}.yaml"
    else:
        return _start_page(_("Choose a file first.")), 422
    if text is None:
        return _start_page(_("This file is no text in UTF-8 or GB18030.")), 422
    try:
        draft_id = service.begin_draft(work(), text.replace("\r\n", "\n"), name)
    except Invalid:
        return _start_page(_("This file is too large to be a pack.")), 422
    return redirect(url_for("verticals.draft", draft_id=draft_id), 303)


@bp.get("/drafts/<draft_id>")
@allow("operator")
def draft(draft_id: str) -> ResponseReturnValue:
    """The second step: all faults, or all that would change; the text can be mended on the page."""
    row = queries.draft(work().session, read_id(draft_id))
    if row.published_as is not None:
        return redirect(url_for("verticals.pack_list"), 303)
    return _draft_page(row)


@bp.post("/drafts/<draft_id>")
@allow("operator")
def change_draft(draft_id: str) -> ResponseReturnValue:
    """Keep the text and the sentences, and check again."""
    service.change_draft(work(), read_id(draft_id), request.form.get("text", ""), request.form.get("sentences", ""))
    return redirect(url_for("verticals.draft", draft_id=draft_id), 303)


@bp.post("/drafts/<draft_id>/publish")
@allow("operator")
def publish(draft_id: str) -> ResponseReturnValue:
    """Put the pack into use from the next request on, everywhere."""
    found, why = read_id(draft_id), request.form.get("why", "")
    status = 409
    try:
        service.publish_draft(work(), found, why, _seen(), keep=request.form.get("keep") == "1")
    except FaultyPack:
        status, problem = 422, _("Nothing was published: the pack has faults.")
    except Invalid:
        status, problem = 422, _("Nothing was published: say why in up to 500 characters.")
    except service.TermsInUse:
        problem = _("Nothing was published: say that the terms in use may go and stay readable.")
    except SeenEarlier:
        problem = _("Nothing was published: somebody changed a pack since you saw this. Look again, then publish.")
    except NothingNew:
        problem = _("Nothing was published: this very text is in use already.")
    else:
        flash(_("Published. Forms, reading, matching and search follow with the next request."), "ok")
        return redirect(url_for("verticals.pack_list"), 303)
    work().session.rollback()
    return _draft_page(queries.draft(work().session, found), problem, why), status


@bp.post("/drafts/<draft_id>/discard")
@allow("operator")
def discard(draft_id: str) -> ResponseReturnValue:
    service.discard_draft(work(), read_id(draft_id))
    return redirect(url_for("verticals.pack_list"), 303)


@bp.get("/template.yaml")
@allow("operator")
def template() -> Response:
    return download("my-trade.yaml", YAML, TEMPLATE.read_bytes())


@bp.get("/<vertical>.yaml")
@allow("operator")
def pack_file(vertical: str) -> Response:
    """The pack in use, or one of its versions: where a change starts."""
    version = request.args.get("version", "")
    line = _line(vertical)
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else line.version
    if number not in {0, *(each.version for each in version_lines(work().session, vertical))}:
        raise NotFound
    text = text_of(work().session, vertical, number)
    if not text:
        raise NotFound
    return download(f"{vertical}.yaml", YAML, text.encode())


@bp.get("/<vertical>")
@allow("operator")
def trade(vertical: str) -> str:
    """One trade: what its pack holds, its versions, and what was done to it."""
    return _trade_page(vertical)


@bp.post("/<vertical>/restore")
@allow("operator")
def restore(vertical: str) -> ResponseReturnValue:
    """Go back to an earlier version, with a reason."""
    version = request.form.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else -1
    return _done(vertical, lambda why: restore_pack(work(), vertical, number, why, _seen()))


@bp.post("/<vertical>/retire")
@allow("operator")
def retire(vertical: str) -> ResponseReturnValue:
    """Take the trade out of use, with a reason."""
    return _done(vertical, lambda why: retire_pack(work(), vertical, why, _seen()))


def _done(vertical: str, verb: Any) -> ResponseReturnValue:
    _line(vertical)
    try:
        verb(request.form.get("why", ""))
    except FaultyPack as faulty:
        told = " ".join(f"{fault.line}: {say_pack_fault(fault)}" for fault in faulty.found[:5])
        return _trade_page(
            vertical, _("Nothing was done: this version no longer fits beside the others.") + " " + told
        ), 422
    except Invalid:
        return _trade_page(vertical, _("Nothing was done: say why in up to 500 characters.")), 422
    except Conflict:
        return _trade_page(vertical, _("Nothing was done: the packs have changed since you saw them.")), 409
    flash(_("Done. Forms, reading, matching and search follow with the next request."), "ok")
    return redirect(url_for("verticals.trade", vertical=vertical), 303)


def _trade_page(vertical: str, problem: str = "") -> str:
    line, session = _line(vertical), work().session
    pack = line.pack
    return render_template(
        "trades/trade.html",
        line=line,
        counts=[(kind, len(pack.terms(kind))) for kind in KINDS if pack.terms(kind)],
        use=use_of_trades(session).get(vertical, Use()),
        versions=version_lines(session, vertical),
        changes=changes(session, vertical),
        seen=in_use(session).number,
        problem=problem,
    )


def _draft_page(row: queries.DraftRow, problem: str = "", why: str = "") -> str:
    session = work().session
    now, faults, preview = in_use(session), [], None
    sentences = [line.strip()[:LONGEST_SENTENCE] for line in row.sentences.splitlines() if line.strip()]
    language: Language = "zh" if current_language() == "zh" else "en"
    try:
        preview = previewed(session, now, row.text, row.file_name, sentences[:MOST_SENTENCES], work().today, language)
    except FaultyPack as faulty:
        faults = [(fault, say_pack_fault(fault)) for fault in faulty.found]
    return render_template(
        "trades/draft.html", row=row, faults=faults, preview=preview, seen=now.number, problem=problem, why=why
    )


def _start_page(problem: str = "") -> str:
    return render_template("trades/start.html", problem=problem, lines=trade_lines(work().session))


def _line(vertical: str) -> TradeLine:
    found = next((line for line in trade_lines(work().session) if line.vertical == vertical), None)
    if found is None:
        raise NotFound
    return found


def _live_text(now: InUse, vertical: str) -> str:
    version = now.chosen.get(vertical, {"version": 0})["version"]
    return text_of(work().session, vertical, version)


def _decoded(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _seen() -> int:
    seen = request.form.get("seen", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1
