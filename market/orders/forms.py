"""The form that a seller writes an order in. Which fields it has, the pack of the trade says."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    Field,
    HiddenField,
    MultipleFileField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.widgets import DateInput

from market.kit.cells import Unreadable, read_day, read_price, read_whole
from market.kit.errors import FieldFault
from market.kit.i18n import say_fault
from market.kit.money import CURRENCIES, Money
from market.orders.cells import read_colours, read_quantity
from market.orders.drafts import COUNTED, INSPECTIONS, LONGEST_GRACE_DAYS, MaterialShare, OrderDraft, asked_attributes
from market.orders.readings import FieldState, join_list
from matching.verticals.pack import Attribute, Language, Vocabulary

MATERIAL_ROWS = 4
LONGEST_FORM_TEXT = 20_000
SIZED = "sizes"
RATIO = "size_ratio"


class OrderForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """The fields every trade has. Texts are kept as typed, whatever is wrong with them; `read` holds what the page
    had read into the fields, `token` makes a second press find the first order."""

    token = HiddenField()
    read = HiddenField()
    order_id = HiddenField()
    words = TextAreaField(lazy_gettext("Say it in one line"))
    title = StringField(lazy_gettext("Name of the order"))
    vertical = SelectField(lazy_gettext("Trade"), validate_choice=False)
    category = SelectField(lazy_gettext("Product"), validate_choice=False)
    processes = SelectMultipleField(lazy_gettext("Processes"), validate_choice=False)
    certifications = SelectMultipleField(lazy_gettext("Certificates"), validate_choice=False)
    quantity = StringField(lazy_gettext("Quantity"))
    unit = SelectField(lazy_gettext("Unit"), validate_choice=False)
    target_price = StringField(lazy_gettext("Target price"))
    currency = SelectField(
        lazy_gettext("Currency"), choices=[SelectChoice(code) for code in CURRENCIES], validate_choice=False
    )
    due_on = StringField(lazy_gettext("Due"), widget=DateInput())
    grace_days = StringField(lazy_gettext("Grace, days"))
    colours = StringField(lazy_gettext("Colours"))
    region = SelectField(lazy_gettext("Region of the factory"), validate_choice=False)
    inspection = SelectField(lazy_gettext("Inspection"), validate_choice=False)
    reference = StringField(lazy_gettext("Your own number"))
    description = TextAreaField(lazy_gettext("More about it"))
    files = MultipleFileField(lazy_gettext("Photos or tech pack"))


LISTS = ("processes", "certifications")
PLAIN = (
    "title", "vertical", "category", "quantity", "unit", "target_price", "currency", "due_on", "grace_days", "colours",
    "region", "inspection",
)  # fmt: skip


def order_form(vocabulary: Vocabulary, language: Language, attributes: Iterable[Attribute]) -> OrderForm:
    """The form with the attributes of one trade, its choices in the reader's language, filled by the request."""
    kind = type("OrderFormOfTrade", (OrderForm,), {})
    for attribute in attributes:
        setattr(kind, f"attribute_{attribute.id}", _attribute_field(attribute, language))
    for place in range(MATERIAL_ROWS):
        setattr(kind, f"material_{place}", SelectField(lazy_gettext("Material"), validate_choice=False))
        setattr(kind, f"share_{place}", StringField(lazy_gettext("Share, %%")))
    form: OrderForm = kind()
    form.vertical.choices = [
        SelectChoice("", lazy_gettext("Choose")),
        *(SelectChoice(pack.vertical, pack.name(language)) for pack in vocabulary.packs.values()),
    ]
    form.unit.choices = [
        SelectChoice(unit.id, unit.name(language)) for unit in vocabulary.units() if unit.id in COUNTED
    ]
    form.inspection.choices = [SelectChoice(name, inspection_words(name)) for name in INSPECTIONS]
    return form


def offer_choices(form: OrderForm, vocabulary: Vocabulary, language: Language) -> None:
    """Give the pickers what the chosen trade has; without a trade, what all trades have."""
    vertical = form.vertical.data or ""
    known = vertical in vocabulary.packs

    def choices(kind: Any) -> list[SelectChoice]:
        terms = vocabulary.choices(kind, vertical) if known else list(vocabulary.terms(kind))
        return [SelectChoice(term.id, term.name(language)) for term in terms]

    form.category.choices = [SelectChoice("", lazy_gettext("Choose")), *choices("category")]
    form.processes.choices = choices("process")
    form.certifications.choices = choices("certification")
    form.region.choices = [SelectChoice("", lazy_gettext("Anywhere")), *choices("region")]
    for place in range(MATERIAL_ROWS):
        form[f"material_{place}"].choices = [SelectChoice("", lazy_gettext("Choose")), *choices("material")]


def offered_attributes(vocabulary: Vocabulary, draft: OrderDraft, named: Iterable[str]) -> list[Attribute]:
    """Which attributes the form shows: those that factories of the trade ask for, and those that were named.

    Where sizes are asked, their ratio is asked too: no garment is cut without it.
    """
    asked = [attribute.id for attribute in asked_attributes(draft, vocabulary)]
    if SIZED in asked:
        asked.append(RATIO)
    found = (vocabulary.attribute(identifier) for identifier in dict.fromkeys((*asked, *named)))
    return [attribute for attribute in found if attribute is not None]


def canonical(form: OrderForm) -> dict[str, str]:
    """Field -> its text, in the one writing in which readings and fields are compared."""
    texts = {name: _text(form[name].data) for name in PLAIN}
    texts |= {name: join_list(form[name].data or []) for name in LISTS}
    texts["materials"] = join_list(
        f"{_text(form[f'material_{place}'].data)}:{_text(form[f'share_{place}'].data)}"
        for place in range(MATERIAL_ROWS)
        if _text(form[f"material_{place}"].data)
    )
    texts |= {field.short_name: _text(field.data) for field in attribute_fields(form)}
    return texts


def fill(form: OrderForm, states: Mapping[str, FieldState]) -> None:
    """Put what was settled into the fields."""
    for name, state in states.items():
        if name in LISTS:
            form[name].data = [part for part in state.value.split(";") if part]
        elif name == "materials":
            _fill_materials(form, state.value)
        elif name in form:
            form[name].data = state.value


def fill_from(form: OrderForm, draft: OrderDraft, vocabulary: Vocabulary, language: Language) -> None:
    """Put a kept draft, or an order to be made again, into the fields."""
    for name in (*PLAIN, "words", "description", "reference"):
        value = getattr(draft, name, None)
        form[name].data = "" if value is None else str(value)
    form.grace_days.data = str(draft.grace_days or "")
    form.colours.data = ", ".join(vocabulary.name("colour", colour, language) for colour in draft.colours)
    if draft.target_price_minor is not None:
        form.target_price.data = str(Money(draft.target_price_minor, draft.currency).major()).removesuffix(".00")
    for name in LISTS:
        form[name].data = list(getattr(draft, name))
    _fill_materials(form, join_list(f"{one.id}:{one.share or ''}" for one in draft.materials))
    for field in attribute_fields(form):
        field.data = draft.attribute(field.short_name.removeprefix("attribute_")) or ""


def draft_from(form: OrderForm, vocabulary: Vocabulary) -> tuple[OrderDraft, list[FieldFault]]:
    """The draft that the fields ask for, and what could not be read of it. The packs are not asked here."""
    faults: list[FieldFault] = []
    values: dict[str, Any] = {}
    texts = canonical(form)
    for name, read in _READERS.items():
        if not texts[name]:
            continue
        try:
            values |= read(texts, vocabulary)
        except Unreadable as fault:
            faults.append(FieldFault(name, fault.problem, fault.accepted))
    attributes = tuple(
        (field.short_name.removeprefix("attribute_"), _text(field.data))
        for field in attribute_fields(form)
        if _text(field.data)
    )
    draft = OrderDraft(
        title=texts["title"],
        source="words" if _text(form.words.data) else "form",
        reference=_text(form.reference.data) or None,
        words=(form.words.data or "").strip(),
        description=(form.description.data or "").strip(),
        vertical=texts["vertical"] or None,
        category=texts["category"] or None,
        processes=tuple(form.processes.data or ()),
        certifications=tuple(form.certifications.data or ()),
        materials=_materials(form, faults),
        attributes=attributes,
        region=texts["region"] or None,
        inspection=texts["inspection"] or INSPECTIONS[2],
        **values,
    )
    return draft, faults


_READERS: Mapping[str, Any] = {
    "quantity": lambda texts, vocabulary: _read_count(texts, vocabulary),
    "target_price": lambda texts, _: _read_money(texts),
    "due_on": lambda texts, _: {"due_on": read_day(texts["due_on"])},
    "grace_days": lambda texts, _: {"grace_days": read_whole(texts["grace_days"], LONGEST_GRACE_DAYS)},
    "colours": lambda texts, vocabulary: {"colours": read_colours(texts["colours"], vocabulary)},
}


def show_faults(form: OrderForm, faults: Iterable[FieldFault]) -> None:
    """Hang each fault on its field, in the reader's language; faults of no field stand on top of the form."""
    for fault in faults:
        words = say_fault(fault)
        name = fault.field.replace("attributes.", "attribute_")
        name = {"materials": "material_0"}.get(name, name)
        if name in form:
            form[name].errors = [*form[name].errors, words]
        else:
            form.form_errors.append(words)


def attribute_fields(form: OrderForm) -> list[Field]:
    return [field for field in form if field.short_name.startswith("attribute_")]


def posted_attributes(values: Iterable[str]) -> list[str]:
    """The attribute ids that a request names, so that the form it is read into has their fields."""
    return [name.removeprefix("attribute_") for name in values if name.startswith("attribute_")]


def read_before(form: OrderForm) -> dict[str, str]:
    """What the page had read into its fields when it was sent; nothing when it was tampered with."""
    try:
        found = json.loads(form.read.data or "{}")
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def remember_read(form: OrderForm, read: Mapping[str, str]) -> None:
    """Write into the form what is read into its fields now, for the next time it is sent."""
    form.read.data = json.dumps(dict(read), ensure_ascii=False, sort_keys=True)


def inspection_words(name: str) -> Any:
    if name == "none":
        return lazy_gettext("No inspection")
    return lazy_gettext("Every piece") if name == "100%" else lazy_gettext("%(level)s, general level II", level=name)


def _attribute_field(attribute: Attribute, language: Language) -> Any:
    label = attribute.name(language) + (f" ({attribute.unit})" if attribute.unit else "")
    if attribute.kind == "choice":
        named = [SelectChoice(choice.id, choice.name(language)) for choice in attribute.choices]
        choices = [SelectChoice("", lazy_gettext("Choose")), *named]
        return SelectField(label, choices=choices, validate_choice=False)
    return StringField(label)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()[:LONGEST_FORM_TEXT]


def _fill_materials(form: OrderForm, text: str) -> None:
    entries = [entry.partition(":") for entry in text.split(";") if entry]
    for place in range(MATERIAL_ROWS):
        name, _, share = entries[place] if place < len(entries) else ("", "", "")
        form[f"material_{place}"].data = name
        form[f"share_{place}"].data = share


def _materials(form: OrderForm, faults: list[FieldFault]) -> tuple[MaterialShare, ...]:
    found = []
    for place in range(MATERIAL_ROWS):
        name, share = _text(form[f"material_{place}"].data), _text(form[f"share_{place}"].data).rstrip("%％ ")
        if not name:
            continue
        try:
            found.append(MaterialShare(name, read_whole(share, 100) if share else None))
        except Unreadable as fault:
            faults.append(FieldFault(f"share_{place}", fault.problem, fault.accepted))
    return tuple(found)


def _read_count(texts: Mapping[str, str], vocabulary: Vocabulary) -> dict[str, Any]:
    count, unit = read_quantity(texts["quantity"], vocabulary)
    return {"quantity": count, "unit": texts["unit"] if unit == "piece" and texts["unit"] in COUNTED else unit}


def _read_money(texts: Mapping[str, str]) -> dict[str, Any]:
    amount = read_price(texts["target_price"], texts["currency"] or "CNY")
    return {"target_price_minor": amount.minor, "currency": amount.currency}
