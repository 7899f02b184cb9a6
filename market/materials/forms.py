"""Forms of materials: lines of a recipe, what is prepared and used, and who may count on a forecast."""

from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from market.factories.fields import AmountField, PriceField, WholeNumberField
from market.materials.queries import MaterialUnit, RecipeRow
from market.materials.service import LARGEST_PER_PIECE, LONGEST_NAME, LONGEST_SOURCING, RISK_PERCENTS, RecipeLine
from matching.verticals.pack import Language, Vocabulary

USUAL_SOURCING_DAYS: Final = 15
OWN_WORDS: Final = ""
UNIT_CHOICES: Final = (
    SelectChoice(MaterialUnit.KILOGRAM.value, lazy_pgettext("unit", "kg")),
    SelectChoice(MaterialUnit.METRE.value, lazy_pgettext("unit", "m")),
    SelectChoice(MaterialUnit.SQUARE_METRE.value, lazy_pgettext("unit", "m²")),
    SelectChoice(MaterialUnit.LITRE.value, lazy_pgettext("unit", "l")),
    SelectChoice(MaterialUnit.PIECE.value, lazy_pgettext("unit of material", "pieces")),
    SelectChoice(MaterialUnit.SHEET.value, lazy_pgettext("unit", "sheets")),
)


class RecipeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """One line: what one piece of a category takes of a material."""

    category = SelectField(_("Product"), [InputRequired(_("Choose the product."))], choices=[])
    material = SelectField(_("Material"), choices=[], default=OWN_WORDS)
    own_words = StringField(
        _("Material in your own words"),
        [Length(max=LONGEST_NAME, message=_("At most %(max)d characters."))],
    )
    unit = RadioField(
        _("Measured in"), [InputRequired(_("Choose the unit."))], choices=UNIT_CHOICES, default=MaterialUnit.KILOGRAM
    )
    per_piece = AmountField(
        _("For one piece"),
        highest=int(LARGEST_PER_PIECE),
        decimals=4,
        validators=[InputRequired(_("Say how much one piece takes."))],
    )
    sourcing_days = WholeNumberField(
        _("Days it has to be ordered before production"),
        lowest=0,
        highest=LONGEST_SOURCING,
        default=USUAL_SOURCING_DAYS,
        validators=[InputRequired(_("Say how many days; 0 when it is always there."))],
    )
    unit_cost = PriceField(_("What one unit costs you"))

    def validate_own_words(self, field: Any) -> None:
        if not self.material.data and not (field.data or "").strip():
            raise ValidationError(_("Choose a material above, or name it here."))

    def validate_per_piece(self, field: Any) -> None:
        if field.data is not None and field.data <= 0:
            raise ValidationError(_("One piece takes more than nothing."))

    def validate_unit_cost(self, field: Any) -> None:
        if field.data is not None and field.data.minor == 0:
            raise ValidationError(_("A price is more than zero."))

    def fill_choices(self, vocabulary: Vocabulary, language: Language, vertical: str, categories: list[str]) -> None:
        """The factory's products, and the materials of its trade."""
        self.category.choices = [
            SelectChoice(found, vocabulary.name("category", found, language)) for found in categories
        ]
        known = [SelectChoice(term.id, term.name(language)) for term in vocabulary.choices("material", vertical)]
        self.material.choices = [SelectChoice(OWN_WORDS, _("Not in the list: name it below")), *known]

    def line(self) -> RecipeLine:
        cost = self.unit_cost.data
        return RecipeLine(
            category=self.category.data,
            material=self.material.data or self.own_words.data,
            unit=self.unit.data,
            per_piece=self.per_piece.data,
            sourcing_days=self.sourcing_days.data,
            unit_cost_minor=None if cost is None else cost.minor,
            currency=self.unit_cost.currency,
        )


def shown_line(row: RecipeRow, vocabulary: Vocabulary) -> dict[str, Any]:
    """A line as its form shows it."""
    is_known = vocabulary.term("material", row.material) is not None
    return {
        "category": row.category,
        "material": row.material if is_known else OWN_WORDS,
        "own_words": "" if is_known else row.material,
        "unit": row.unit.value,
        "per_piece": row.per_piece,
        "sourcing_days": row.sourcing_days,
        "unit_cost": row.unit_cost,
    }


class _Small(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A form that stands on its page several times, under a prefix of its own; the page's token protects it."""

    class Meta:
        csrf = False


class PrepareForm(_Small):
    """How much of a material to prepare. key: a second press finds the first preparation."""

    key = HiddenField()
    quantity = AmountField(_("How much"), validators=[InputRequired(_("Say how much."))])


class UsedForm(_Small):
    """How much of a preparation went into orders, in all."""

    used = AmountField(_("Used so far"), validators=[InputRequired(_("Say how much; 0 when none was used."))])


class ShareForm(_Small):
    """A factory that may count on the forecast of a category, and the share of the risk that goes with it."""

    maker = SelectField(_("Factory"), [InputRequired(_("Choose a factory."))], choices=[])
    risk_percent = RadioField(
        _("What you bear of your part that is not used"),
        [InputRequired(_("Choose how much you bear."))],
        choices=[SelectChoice(str(percent), f"{percent}%") for percent in RISK_PERCENTS],
        default="0",
    )
