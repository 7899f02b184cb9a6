"""The one question a factory is asked, as a card on its pages, and a tap on its answer."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from market.factories.questions import OpenQuestion, answer_question, open_question
from market.factories.wording import answer_words, question_words
from market.kit.edge import allow, is_fragment_request, part, read_id, work
from market.kit.errors import Conflict
from market.kit.i18n import current_language
from matching.verticals.pack import Vocabulary

bp = Blueprint("questions", __name__, template_folder="templates")
PAGES = {"profile": "/factory/profile", "inbox": "/leads"}


def question_card(page: str) -> Markup | str:
    """The card with the open question of the acting factory; empty when nothing is asked. page: a name of PAGES."""
    question = open_question(work().session, work().organisation_id)
    if question is None:
        return ""
    name = name_of(question)
    card = render_template(
        "factories/_question.html",
        question=question,
        words=question_words(question.kind, name, listed=question.listed),
        page=page,
    )
    return Markup(card)  # noqa: S704 (our own template escapes what it shows)


def name_of(question: OpenQuestion) -> str:
    language = "en" if current_language() == "en" else "zh"
    return part(Vocabulary).name(question.kind, question.term, language)  # type: ignore[arg-type]  # a kind of the packs


@bp.post("/factory/questions/<question_id>")
@allow("factory")
def answer(question_id: str) -> Response | str:
    """Yes, no or not sure: part of the profile at once. A fragment answers what it changed, a page leads back."""
    found = open_question(work().session, work().organisation_id)
    try:
        chosen = answer_question(work(), read_id(question_id), request.form.get("answer", ""))
        told = answer_words(chosen.value, "" if found is None else name_of(found))
    except Conflict:
        told = _("This was answered before; your profile shows how.")
    if is_fragment_request():
        return render_template("factories/_answered.html", told=told)
    flash(told, "ok")
    return redirect(PAGES.get(request.form.get("page", ""), PAGES["profile"]), 303)
