"""The page on which an order is written: what was typed, what was read of it, and what is still missing."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from flask_babel import gettext as _

from market.kit import edge
from market.kit.errors import FieldFault
from market.kit.i18n import current_language
from market.kit.uploads import UploadedFile
from market.kit.work import Work
from market.orders import forms
from market.orders.drafts import Completeness, OrderDraft, check_draft, completeness
from market.orders.forms import OrderForm
from market.orders.readings import FieldState, kept_readings, read_words, settle
from matching.verticals.pack import Attribute, Language, Vocabulary


@dataclass(frozen=True)
class PostingPage:
    """One view of the form. states: field -> what was read into it; attributes: those the trade asks for or that were
    named; faults: what of the draft could not be read from the fields."""

    form: OrderForm
    states: dict[str, FieldState]
    attributes: list[Attribute]
    draft: OrderDraft
    faults: list[FieldFault]
    complete: Completeness

    @property
    def read_count(self) -> int:
        return sum(state.state == "read" for state in self.states.values())

    @property
    def edited_count(self) -> int:
        return sum(state.state == "edited" and bool(state.words) for state in self.states.values())

    def state(self, name: str) -> FieldState:
        return self.states.get(name, FieldState("", ""))


def language() -> Language:
    return "zh" if current_language() == "zh" else "en"


def empty_page(vocabulary: Vocabulary, draft: OrderDraft | None = None) -> PostingPage:
    """The form before anything was said, or with what `draft` says."""
    given = draft or OrderDraft()
    named = [name for name, _value in given.attributes]
    attributes = forms.offered_attributes(vocabulary, given, named)
    form = forms.order_form(vocabulary, language(), attributes)
    _begin(form, given)
    if draft is not None:
        forms.fill_from(form, draft, vocabulary, language())
    forms.offer_choices(form, vocabulary, language())
    return PostingPage(form, {}, attributes, given, [], completeness(given, vocabulary))


def sent_page(work: Work, vocabulary: Vocabulary) -> PostingPage:
    """The form as it was sent, with the words read anew: what a person corrected stays his own."""
    named = forms.posted_attributes(request.form)
    known = [attribute for name in named if (attribute := vocabulary.attribute(name)) is not None]
    return _read_page(work, vocabulary, forms.order_form(vocabulary, language(), known), known)


def said_page(work: Work, vocabulary: Vocabulary, words: str) -> PostingPage:
    """The form with nothing but `words` typed, and read: what the front page sends."""
    form = forms.order_form(vocabulary, language(), [])
    _begin(form, OrderDraft())
    form.words.data = words.strip()[: forms.LONGEST_FORM_TEXT]
    page = _read_page(work, vocabulary, form, [])
    page.form.words.data, page.form.token.data = form.words.data, form.token.data
    return page


def _begin(form: OrderForm, draft: OrderDraft) -> None:
    form.token.data = secrets.token_urlsafe(16)
    form.inspection.data, form.unit.data, form.currency.data = draft.inspection, draft.unit, draft.currency


def _read_page(work: Work, vocabulary: Vocabulary, form: OrderForm, known: list[Attribute]) -> PostingPage:
    """The form with its words read anew, and with the attributes that its trade asks for."""
    words = (form.words.data or "")[: forms.LONGEST_FORM_TEXT]
    read = read_words(words, vocabulary, work.today, language())
    states = settle(forms.canonical(form), forms.read_before(form), read)
    forms.fill(form, states)
    draft, _faults = forms.draft_from(form, vocabulary)
    spoken = [name.removeprefix("attribute_") for name, state in states.items() if _names_attribute(name, state)]
    attributes = forms.offered_attributes(vocabulary, _with_trade(draft, vocabulary), spoken)
    if [attribute.id for attribute in attributes] != [attribute.id for attribute in known]:
        form = forms.order_form(vocabulary, language(), attributes)
        forms.fill(form, states)
    if not form.vertical.data:
        form.vertical.data = _with_trade(draft, vocabulary).vertical or ""
    forms.offer_choices(form, vocabulary, language())
    forms.remember_read(form, {name: each.value for name, each in read.items()})
    draft, faults = forms.draft_from(form, vocabulary)
    draft = replace(draft, readings=kept_readings(states))
    return PostingPage(form, states, attributes, draft, faults, completeness(draft, vocabulary))


def check_page(work: Work, page: PostingPage, vocabulary: Vocabulary) -> OrderDraft:
    """The draft that is to be posted; what cannot be taken is added to the page's faults."""
    draft = page.draft
    if not draft.title:
        draft = replace(draft, title=_fallback_title(draft, vocabulary))
    told = {fault.field for fault in page.faults}
    page.faults.extend(fault for fault in check_draft(draft, vocabulary, work.today) if fault.field not in told)
    return draft


def sent_files() -> list[UploadedFile]:
    """The files that were chosen, read whole; the request is bounded by the web door."""
    return [UploadedFile(each.filename or "", each.read()) for each in request.files.getlist("files") if each.filename]


def remind_of_files(page: PostingPage, files: Sequence[UploadedFile]) -> None:
    """Say which files have to be chosen again: a browser never keeps them in a form that comes back."""
    if files and not page.form.files.errors:
        names = ", ".join(file.name for file in files)
        page.form.files.errors = [_("Please choose again, a browser does not keep files: %(names)s", names=names)]


def field_words(name: str, vocabulary: Vocabulary) -> str:
    """How a field of a draft is called on the page."""
    if name.startswith("attributes."):
        attribute = vocabulary.attribute(name.removeprefix("attributes."))
        return attribute.name(language()) if attribute else name
    words: dict[str, str] = {
        "quantity": _("Quantity"),
        "category": _("Product"),
        "due_on": _("Due"),
        "processes": _("Processes"),
        "materials": _("Material"),
        "target_price": _("Target price"),
        "colours": _("Colours"),
    }
    return words.get(name, name)


def attribute_rows(attributes: Sequence[tuple[str, str]], vocabulary: Vocabulary) -> list[tuple[str, str, str]]:
    """Id, name and value of each attribute, in the reader's language."""
    rows = []
    for name, value in attributes:
        attribute = vocabulary.attribute(name)
        if attribute is None:
            rows.append((name, name, value))
            continue
        choices = {choice.id: choice.name(language()) for choice in attribute.choices}
        rows.append((name, attribute.name(language()), f"{choices.get(value, value)} {attribute.unit}".strip()))
    return rows


def page_context(page: PostingPage, vocabulary: Vocabulary) -> dict[str, Any]:
    """What the templates read."""
    return {
        "page": page,
        "form": page.form,
        "missing": [field_words(name, vocabulary) for name in page.complete.missing],
        "missing_names": {name.replace("attributes.", "attribute_") for name in page.complete.missing},
        "pool": edge.sections("new_order", draft=page.draft),
        "material_rows": _shown_materials(page),
        "ratio_name": f"attribute_{forms.RATIO}",
    }


def _shown_materials(page: PostingPage) -> list[int]:
    """The material rows that hold something, and one more to write into."""
    filled = [place for place in range(forms.MATERIAL_ROWS) if page.form[f"material_{place}"].data]
    return list(range(min(forms.MATERIAL_ROWS, max(filled, default=-1) + 2)))


def _names_attribute(name: str, state: FieldState) -> bool:
    return name.startswith("attribute_") and bool(state.value)


def _with_trade(draft: OrderDraft, vocabulary: Vocabulary) -> OrderDraft:
    """The draft with the trade of its category when nobody named one."""
    if draft.vertical or not draft.category:
        return draft
    return replace(draft, vertical=vocabulary.vertical_of(draft.category))


def _fallback_title(draft: OrderDraft, vocabulary: Vocabulary) -> str:
    if draft.category:
        return vocabulary.name("category", draft.category, language())
    return " ".join((draft.words or draft.description).split())[:60]
