"""Forms of factories: joining, the profile, availability, certificates. Their lists come from the vertical packs."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from market.factories.declaration import ATTRIBUTE_NUMBER, LONGEST_NAME, LONGEST_TEXT, NUMBER_LIMITS, FactoryDraft
from market.factories.fields import DayField, PriceField, WholeNumberField
from market.factories.queries import FactoryProfile
from market.identity.forms import AccountForm
from market.kit.money import Money
from matching.verticals.pack import Attribute, Kind, Language, Vocabulary

ATTRIBUTE_PREFIX = "attribute_"
COMMON_TERMS = 12
SEPARATORS = re.compile(r"[;,，；、/\s]+")
RANGE_MARKS = re.compile(r"\s*(?:–|—|~|～|至|to)\s*")


def number_field(name: str, label: Any) -> WholeNumberField:
    lowest, highest = NUMBER_LIMITS[name]
    return WholeNumberField(label, lowest=lowest, highest=highest)


def common_terms(vocabulary: Vocabulary, kind: Kind, vertical: str, count: int = COMMON_TERMS) -> frozenset[str]:
    """The terms of a trade that most factories know: what many categories need, and what has most kinds below it."""
    terms = vocabulary.choices(kind, vertical)
    worth = Counter(wider for term in terms for wider in term.broader)
    if kind == "process":
        for category in vocabulary.choices("category", vertical):
            worth.update(dict.fromkeys(category.implies, 2))
    return frozenset(term.id for term in sorted(terms, key=lambda term: -worth[term.id])[:count])


class MakesFields:
    """What a factory makes, as lists of one trade."""

    name = StringField(
        _("Name of the factory"),
        [
            InputRequired(_("Type the name of your factory.")),
            Length(max=LONGEST_NAME, message=_("At most 80 characters.")),
        ],
    )
    vertical = RadioField(_("Trade"), [InputRequired(_("Choose your trade."))], choices=[])
    region = SelectField(_("Region"), choices=[], default="")
    categories = SelectMultipleField(_("Products"), choices=[])
    processes = SelectMultipleField(_("Processes"), choices=[])
    materials = SelectMultipleField(_("Materials"), choices=[])
    minimum_quantity = number_field("minimum_quantity", _("Minimum pieces an order"))
    capacity_per_week = number_field("capacity_per_week", _("Pieces a week"))
    lead_time_days = number_field("lead_time_days", _("Days from order to delivery"))

    def fill_choices(self, vocabulary: Vocabulary, language: Language, vertical: str) -> None:
        """Fill the lists with the terms of one trade, in the reader's language."""
        form: Any = self
        form.vertical.choices = [SelectChoice(pack.vertical, pack.name(language)) for pack in vocabulary.packs.values()]
        regions = [SelectChoice(term.id, term.name(language)) for term in vocabulary.terms("region")]
        form.region.choices = [SelectChoice("", _("not said")), *regions]
        for name, kind in LISTS.items():
            if name in form:
                terms = vocabulary.choices(kind, vertical) if vertical else []
                form[name].choices = [SelectChoice(term.id, term.name(language)) for term in terms]
                form[name].common = common_terms(vocabulary, kind, vertical) if vertical else frozenset()

    def check_something_made(self) -> None:
        form: Any = self
        if not form.categories.data and not form.processes.data:
            raise ValidationError(_("Choose at least one process or product, so that orders can find you."))


LISTS: Mapping[str, Kind] = {
    "categories": "category",
    "processes": "process",
    "materials": "material",
    "certifications": "certification",
}


class RegisterForm(MakesFields, AccountForm):
    """A factory joins, in three short steps. The account comes last, so no password travels between steps."""

    STEPS = (
        ("name", "vertical", "region"),
        ("processes", "categories", "materials"),
        ("minimum_quantity", "capacity_per_week", "lead_time_days", "email", "password"),
    )

    def validate_processes(self, _field: Any) -> None:
        self.check_something_made()

    def first_faulty_step(self) -> int:
        """The first step, from 1, that holds an error; the last one when there is none."""
        for place, names in enumerate(self.STEPS, start=1):
            if any(self[name].errors for name in names):
                return place
        return len(self.STEPS)

    def draft(self) -> FactoryDraft:
        return FactoryDraft(
            name=self.name.data.strip(),
            vertical=self.vertical.data,
            region=self.region.data or None,
            categories=tuple(self.categories.data),
            processes=tuple(self.processes.data),
            materials=tuple(self.materials.data),
            minimum_quantity=self.minimum_quantity.data,
            capacity_per_week=self.capacity_per_week.data,
            lead_time_days=self.lead_time_days.data,
        )


class ProfileForm(MakesFields, FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """The whole declared profile. version: the one this person saw. Attributes of the trade join as own fields."""

    version = HiddenField()
    certifications = SelectMultipleField(_("Certificates"), choices=[])
    description = TextAreaField(
        _("In your own words"), [Length(max=LONGEST_TEXT, message=_("At most 4,000 characters."))]
    )
    equipment = TextAreaField(_("Machines"), [Length(max=LONGEST_TEXT, message=_("At most 4,000 characters."))])
    staff_count = number_field("staff_count", _("People"))
    sample_days = number_field("sample_days", _("Days for a sample"))
    leads_per_week = number_field("leads_per_week", _("Leads a week, at most"))
    unit_price_low = PriceField(_("Lowest unit price"))
    unit_price_high = PriceField(_("Highest unit price"))

    def validate_processes(self, _field: Any) -> None:
        self.check_something_made()

    def validate_unit_price_low(self, field: Any) -> None:
        if field.data is not None and field.data.minor == 0:
            raise ValidationError(_("A price is more than zero."))

    def validate_unit_price_high(self, field: Any) -> None:
        low = self.unit_price_low.data
        if field.data is not None and field.data.minor == 0:
            raise ValidationError(_("A price is more than zero."))
        if field.data is not None and low is not None and field.data < low:
            raise ValidationError(_("The highest price is below the lowest one."))

    def attribute_fields(self) -> list[Any]:
        return [field for field in self if field.name.startswith(ATTRIBUTE_PREFIX)]

    def changes(self, own: FactoryProfile) -> dict[str, Any]:
        """The fields of FactoryDraft as this form has them; attributes that it does not show stay as they are."""
        shown = {field.name.removeprefix(ATTRIBUTE_PREFIX) for field in self.attribute_fields()}
        kept = {name: values for name, values in own.attributes.items() if name not in shown}
        attributes = kept if self.vertical.data == own.vertical else {}
        attributes |= {
            field.name.removeprefix(ATTRIBUTE_PREFIX): read_values(field.data) for field in self.attribute_fields()
        }
        return {
            "name": self.name.data.strip(),
            "vertical": self.vertical.data,
            "region": self.region.data or None,
            "description": self.description.data.strip(),
            "equipment": self.equipment.data.strip(),
            **{name: tuple(self[name].data) for name in LISTS},
            **{name: self[name].data for name in NUMBER_LIMITS},
            "unit_price_low_minor": _minor(self.unit_price_low.data),
            "unit_price_high_minor": _minor(self.unit_price_high.data),
            "attributes": {name: values for name, values in attributes.items() if values},
        }


def capability_attributes(vocabulary: Vocabulary, vertical: str) -> list[Attribute]:
    """The attributes that tell factories of a trade apart: figures and lists of its own pack, those asked for first.

    What every order of every trade names (packaging, trade terms) and free text say nothing about a factory.
    """
    own = [found for found in vocabulary.attributes(vertical) if found.vertical == vertical and found.kind != "text"]
    return sorted(own, key=lambda found: not found.asked_for)


def make_profile_form(
    profile: FactoryProfile, vocabulary: Vocabulary, language: Language, vertical: str
) -> ProfileForm:
    """The form of one trade, filled with the profile; what is submitted stands over it."""
    attributes = capability_attributes(vocabulary, vertical)
    fields = {ATTRIBUTE_PREFIX + attribute.id: _attribute_field(attribute, language) for attribute in attributes}
    kind = type("ProfileFormOfTrade", (ProfileForm,), fields)
    shown: dict[str, Any] = {
        name: getattr(profile, name) for name in (*NUMBER_LIMITS, *LISTS, "name", "description", "equipment", "version")
    }
    shown |= {"vertical": vertical, "region": profile.region or ""}
    shown |= {"unit_price_low": profile.unit_price_low, "unit_price_high": profile.unit_price_high}
    for attribute in attributes:
        values = profile.attributes.get(attribute.id, ())
        shown[ATTRIBUTE_PREFIX + attribute.id] = list(values) if attribute.kind == "choice" else "; ".join(values)
    form = kind(data=shown)
    form.fill_choices(vocabulary, language, vertical)
    for name in ("unit_price_low", "unit_price_high"):
        form[name].currency = profile.currency
    made: ProfileForm = form
    return made


def read_values(data: Any) -> tuple[str, ...]:
    """What was chosen, or what was typed between separators: "7; 9 ; 12~14" is 7, 9, 12-14."""
    if isinstance(data, list | tuple):
        return tuple(data)
    return tuple(part for part in SEPARATORS.split(RANGE_MARKS.sub("-", data or "")) if part)


def _attribute_field(attribute: Attribute, language: Language) -> Any:
    label = f"{attribute.name(language)} ({attribute.unit})" if attribute.unit else attribute.name(language)
    if attribute.kind == "choice":
        choices = [SelectChoice(choice.id, choice.name(language)) for choice in attribute.choices]
        return SelectMultipleField(label, choices=choices)
    if attribute.kind == "number":
        return StringField(label, [_check_numbers], render_kw={"inputmode": "text", "autocomplete": "off"})
    return StringField(label, [Length(max=LONGEST_NAME, message=_("At most 80 characters."))])


def _check_numbers(_form: Any, field: Any) -> None:
    for value in read_values(field.data):
        if not ATTRIBUTE_NUMBER.fullmatch(value):
            raise ValidationError(_("Write numbers or ranges, like 7; 12 or 7-12."))


def _minor(money: Money | None) -> int | None:
    return None if money is None else money.minor


class AvailabilityForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Whether leads come; until: when a full factory opens again, next Monday when empty."""

    takes_leads = BooleanField(_("Taking orders"))
    until = DayField(_("Full until another day"))


class CertificateForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """One certificate with its evidence."""

    certification = SelectField(_("Certificate"), [InputRequired(_("Choose the certificate."))], choices=[])
    issuer = StringField(_("Issued by"), [Length(max=LONGEST_NAME, message=_("At most 80 characters."))])
    number = StringField(_("Number"), [Length(max=LONGEST_NAME, message=_("At most 80 characters."))])
    issued_on = DayField(_("Issued on"))
    expires_on = DayField(_("Valid until"))
    file = FileField(_("File that shows it"))

    def validate_expires_on(self, field: Any) -> None:
        if field.data and self.issued_on.data and field.data < self.issued_on.data:
            raise ValidationError(_("It ends before it begins."))


class FactorySearchForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """What the public list of factories is narrowed to."""

    class Meta:
        csrf = False

    q = StringField(_("Name, process or material"))
    vertical = SelectField(_("Trade"), choices=[], validate_choice=False)
    made_by = SelectField(_("Process"), choices=[], validate_choice=False, name="process")
    region = SelectField(_("Region"), choices=[], validate_choice=False)
