"""Pages of factories: joining, the own profile with availability and certificates, the public list and pages."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import hash_password
from werkzeug.wrappers import Response as BaseResponse
from wtforms.fields import SelectChoice

from market.factories import certificates, queries, service
from market.factories.completeness import completeness
from market.factories.forms import (
    AvailabilityForm,
    CertificateForm,
    FactorySearchForm,
    ProfileForm,
    RegisterForm,
    make_profile_form,
)
from market.factories.models import FactoryState
from market.factories.queries import FactoryFilters, FactoryProfile
from market.factories.question_views import question_card
from market.factories.wording import part_names, part_whys
from market.identity.queries import first_user
from market.identity.service import Registration, RegistrationFault, person_actor
from market.identity.service import register as register_account
from market.identity.views import sign_in_first_person
from market.kit.edge import allow, part, read_id, sections, work
from market.kit.errors import Conflict, FieldFault, Invalid, NotFound
from market.kit.i18n import current_language
from market.kit.paging import decode_cursor
from matching.verticals.pack import Language, Vocabulary

bp = Blueprint("factories", __name__, template_folder="templates")

LIST_SIZE = 24
Answer = BaseResponse | str | tuple[str, int]


def language() -> Language:
    return "en" if current_language() == "en" else "zh"


@bp.route("/factories/register", methods=["GET", "POST"])
def register() -> Answer:
    """A factory joins in three short steps. The first two are plain GET forms, so Back keeps what was chosen."""
    if work().actor.organisation_id is not None:
        return redirect("/welcome")
    form = RegisterForm() if request.method == "POST" else RegisterForm(formdata=request.args, meta={"csrf": False})
    chosen = form.vertical.data if form.vertical.data in part(Vocabulary).packs else ""
    form.fill_choices(part(Vocabulary), language(), chosen)
    if request.method == "GET":
        step = _reached_step(form)
        return _registration_page(form, step)
    if not form.validate():
        return _registration_page(form, form.first_faulty_step())
    try:
        _make_account(form)
    except (RegistrationFault, service.UnusableProfile) as fault:
        _show_faults(
            form, fault.faults, {"email": _("An account uses this address already. Sign in, or use another one.")}
        )
        return _registration_page(form, form.first_faulty_step())
    flash(_("You are in. Orders that fit you arrive here; add to your profile whenever you like."), "ok")
    return redirect("/leads")


def _reached_step(form: RegisterForm) -> int:
    wanted = request.args.get("step", "1")
    last = min(int(wanted), len(form.STEPS)) if wanted in {"1", "2", "3"} else 1
    for step, names in enumerate(form.STEPS[: last - 1], start=1):
        if not all([form[name].validate(form) for name in names]):  # noqa: C419 (every field shows its own fault)
            return step
    return last


def _registration_page(form: RegisterForm, step: int) -> Answer:
    faulty = any(field.errors for field in form)
    return render_template("factories/register.html", form=form, step=step), 422 if faulty else 200


def _make_account(form: RegisterForm) -> None:
    account = Registration(
        kind="factory",
        name=form.name.data,
        email=form.email.data,
        password_hash=hash_password(form.password.data),
        language=language(),
        region=form.region.data or None,
    )
    organisation = register_account(work(), account)
    person = first_user(work().session, organisation.id)
    own_work = replace(work(), actor=person_actor(work(), organisation.id, person.id))
    service.register_factory(own_work, form.draft(), vocabulary=part(Vocabulary))
    sign_in_first_person(organisation.id)


def _show_faults(form: Any, faults: tuple[FieldFault, ...], words: dict[str, str] | None = None) -> None:
    """Put the faults that a service found beside their fields; those without a field stand above the form."""
    for fault in faults:
        name = fault.field.replace("attributes.", "attribute_")
        text = (words or {}).get(fault.field) or _(
            "%(problem)s; accepted: %(accepted)s", problem=fault.problem, accepted=fault.accepted
        )
        if name in form:
            form[name].errors = [*form[name].errors, text]
        else:
            form.form_errors.append(text)


def _own_profile() -> FactoryProfile:
    found = queries.profile(work().session, work().organisation_id)
    if found is None:
        raise NotFound
    return found


@bp.get("/factory/profile")
@allow("factory")
def profile() -> str:
    """The own profile: availability, what is declared, certificates, and what is still missing."""
    own = _own_profile()
    return render_template(
        "factories/profile.html",
        factory=own,
        meter=completeness(own, part(Vocabulary)),
        attributes=_attribute_lines(own),
        availability=AvailabilityForm(takes_leads=own.state is FactoryState.OPEN),
        pause_reason=service.reason_of_pause(work(), own.id),
        next_monday=service.next_monday(work().today),
        today=work().today,
        part_names=part_names(),
        part_whys=part_whys(),
        question=question_card("profile"),
        more=sections("factory", factory_id=own.id),
    )


@bp.post("/factory/availability")
@allow("factory")
def availability() -> Answer:
    """The switch: full until next Monday (or another day), or open again."""
    form = AvailabilityForm()
    if not form.validate():
        flash(" ".join(str(error) for field in form for error in field.errors), "bad")
    elif form.takes_leads.data:
        try:
            service.say_open(work())
        except Conflict:
            flash(_("The market has paused this factory. Only the market can open it again."), "bad")
    else:
        _say_full(form)
    return redirect(url_for("factories.profile"))


def _say_full(form: AvailabilityForm) -> None:
    try:
        service.say_full(work(), form.until.data)
    except Invalid:
        flash(_("Choose a day after today, at most %(days)s days ahead.", days=service.LONGEST_FULL_DAYS), "bad")
    except Conflict:
        flash(_("The market has paused this factory. Only the market can open it again."), "bad")


@bp.route("/factory/profile/edit", methods=["GET", "POST"])
@allow("factory")
def edit() -> Answer:
    """Change the profile. A version that is no longer the newest is refused, and what was typed stays."""
    own = _own_profile()
    asked = request.values.get("vertical", own.vertical)
    vertical = asked if asked in part(Vocabulary).packs else own.vertical
    form = make_profile_form(own, part(Vocabulary), language(), vertical)
    if request.method == "GET":
        return _edit_page(form, own)
    if not form.validate():
        return _edit_page(form, own, 422)
    seen = int(form.version.data) if str(form.version.data).isascii() and str(form.version.data).isdigit() else 0
    try:
        service.change_profile(work(), form.changes(own), seen, vocabulary=part(Vocabulary))
    except service.StaleProfile:
        form.form_errors.append(
            _("The profile was changed in another window meanwhile. Save again to put what stands here over it.")
        )
        form.version.raw_data, form.version.data = [str(own.version)], own.version
        return _edit_page(form, own, 409)
    except service.UnusableProfile as fault:
        _show_faults(form, fault.faults)
        return _edit_page(form, own, 422)
    flash(_("Saved. New leads follow it from now on."), "ok")
    return redirect(url_for("factories.profile"))


def _edit_page(form: ProfileForm, own: FactoryProfile, status: int = 200) -> Answer:
    trades = [(pack.vertical, pack.name(language())) for pack in part(Vocabulary).packs.values()]
    return render_template("factories/edit.html", form=form, factory=own, trades=trades), status


@bp.route("/factory/certificates/new", methods=["GET", "POST"])
@allow("factory")
def add_certificate() -> Answer:
    own = _own_profile()
    form = CertificateForm()
    terms = part(Vocabulary).choices("certification", own.vertical)
    form.certification.choices = [
        SelectChoice("", _("choose")),
        *[SelectChoice(term.id, term.name(language())) for term in terms],
    ]
    if request.method == "GET":
        form.certification.data = request.args.get("certification", "")
    elif form.validate():
        upload = form.file.data
        draft = certificates.CertificateDraft(
            certification=form.certification.data,
            issuer=form.issuer.data or "",
            number=form.number.data or "",
            issued_on=form.issued_on.data,
            expires_on=form.expires_on.data,
            file_name=upload.filename if upload else None,
            content=upload.read() if upload else None,
        )
        try:
            certificates.add_certificate(work(), draft, vocabulary=part(Vocabulary))
        except Invalid as fault:
            most = work().settings.upload_limit_bytes // (1024 * 1024)
            refused = _("This is no PDF, PNG, JPEG or WebP file of at most %(most)s MB.", most=most)
            _show_faults(form, fault.faults, {"file": refused})
        else:
            flash(_("The certificate stands in your profile."), "ok")
            return redirect(url_for("factories.profile", _anchor="certificates"))
    page = render_template("factories/certificate.html", form=form, most=work().settings.upload_limit_bytes)
    return page, 422 if form.errors or form.form_errors else 200


@bp.post("/factory/certificates/<certificate_id>/remove")
@allow("factory")
def remove_certificate(certificate_id: str) -> BaseResponse:
    certificates.remove_certificate(work(), read_id(certificate_id))
    flash(_("The certificate is removed."), "ok")
    return redirect(url_for("factories.profile", _anchor="certificates"))


@bp.get("/factories/<factory_id>/certificates/<certificate_id>/file")
@allow("seller", "factory", "operator")
def certificate_file(factory_id: str, certificate_id: str) -> Response:
    """The evidence, always as a download: nothing that was uploaded is ever drawn by this site."""
    found = queries.certificate_file(work().session, read_id(factory_id), read_id(certificate_id))
    if found is None:
        raise NotFound
    answer = current_app.response_class(found.content, mimetype=found.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.get("/factories")
def index() -> str:
    """The public list of factories, narrowed by words and by trade, process and region."""
    form = FactorySearchForm(formdata=request.args)
    vocabulary = part(Vocabulary)
    vertical = form.vertical.data if form.vertical.data in vocabulary.packs else ""
    _fill_search(form, vocabulary, vertical)
    text = (form.q.data or "").strip()[:100]
    filters = FactoryFilters(
        text=text,
        text_terms=_terms_of(vocabulary, text, vertical or None),
        vertical=vertical or None,
        process=form.made_by.data or None,
        region=form.region.data or None,
    )
    after = decode_cursor(request.args.get("after"))
    page = queries.factories_page(work().session, filters, after=after, size=LIST_SIZE)
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "after" and value}
    older = url_for("factories.index", **kept, after=page.next_cursor) if page.next_cursor else None
    newest = url_for("factories.index", **kept) if after else None
    total = queries.factory_count(work().session, filters)
    return render_template("factories/index.html", form=form, page=page, total=total, older=older, newest=newest)


def _fill_search(form: FactorySearchForm, vocabulary: Vocabulary, vertical: str) -> None:
    packs = [SelectChoice(pack.vertical, pack.name(language())) for pack in vocabulary.packs.values()]
    terms = vocabulary.choices("process", vertical) if vertical else vocabulary.terms("process")
    form.vertical.choices = [SelectChoice("", _("every trade")), *packs]
    form.made_by.choices = [
        SelectChoice("", _("every process")),
        *[SelectChoice(term.id, term.name(language())) for term in terms],
    ]
    regions = [SelectChoice(term.id, term.name(language())) for term in vocabulary.terms("region")]
    form.region.choices = [SelectChoice("", _("every region")), *regions]


def _terms_of(vocabulary: Vocabulary, text: str, vertical: str | None) -> tuple[str, ...]:
    """The terms that the words mean, in either language, so that a search for 横机 finds "flat knitting"."""
    kinds = ("category", "process", "material", "certification")
    found = [vocabulary.resolve(kind, text, vertical) for kind in kinds if text]  # type: ignore[arg-type]  # literals
    return tuple(term.id for term in found if term is not None)


@bp.get("/factories/<factory_id>")
def show(factory_id: str) -> str:
    """What everybody may see of a factory."""
    found = queries.profile(work().session, read_id(factory_id))
    if found is None:
        raise NotFound
    return render_template(
        "factories/show.html",
        factory=found,
        attributes=_attribute_lines(found),
        today=work().today,
        more=sections("factory_public", factory_id=found.id),
    )


def _attribute_lines(profile: FactoryProfile) -> list[tuple[str, str]]:
    """Label and values of the declared attributes, in the reader's language and in the order of the pack."""
    lines = []
    for attribute in part(Vocabulary).attributes(profile.vertical):
        values = profile.attributes.get(attribute.id)
        if values:
            names = {choice.id: choice.name(language()) for choice in attribute.choices}
            text = " / ".join(names.get(value, value) for value in values)
            lines.append((attribute.name(language()), f"{text} {attribute.unit}".strip()))
    return lines
