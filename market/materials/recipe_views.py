"""The factory's bills of materials: what one piece of each product takes."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.factories.queries import FactoryProfile, profile
from market.kit.edge import allow, part, read_id, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import current_language
from market.materials import queries, service
from market.materials.forms import RecipeForm, shown_line
from market.materials.queries import RecipeRow
from market.materials.wording import FIELDS, fault_in_words
from matching.verticals.pack import Language, Vocabulary

bp = Blueprint("recipes", __name__, template_folder="templates", url_prefix="/factory/materials/recipes")
Answer = Response | str | tuple[str, int]


def language() -> Language:
    return "en" if current_language() == "en" else "zh"


@bp.get("")
@allow("factory")
def index() -> str:
    """Every recipe of the factory, product by product."""
    own = _own()
    by_category: dict[str, list[RecipeRow]] = {category: [] for category in own.categories}
    for row in queries.recipe_rows(work().session, own.id):
        by_category.setdefault(row.category, []).append(row)
    return render_template("materials/recipes.html", factory=own, recipes=by_category)


@bp.route("/new", methods=["GET", "POST"])
@allow("factory")
def add() -> Answer:
    """A new line."""
    form = _form({"category": request.args.get("category")})
    return _handle(form, None)


@bp.route("/<use_id>", methods=["GET", "POST"])
@allow("factory")
def change(use_id: str) -> Answer:
    """Change a line."""
    row = _row(read_id(use_id))
    return _handle(_form(shown_line(row, part(Vocabulary))), row)


@bp.post("/<use_id>/remove")
@allow("factory")
def remove(use_id: str) -> Answer:
    """Take a line out."""
    service.remove_recipe_line(work(), read_id(use_id))
    flash(_("The line is removed."), "ok")
    return redirect(url_for("recipes.index"), 303)


def _handle(form: RecipeForm, row: RecipeRow | None) -> Answer:
    if request.method == "GET":
        return _page(form, row)
    if not form.validate():
        return _page(form, row, 422)
    try:
        service.save_recipe_line(work(), form.line(), row.id if row else None)
    except service.TwiceInRecipe:
        form.own_words.errors = [_("This product has a line for this material already. Change that one.")]
        return _page(form, row, 409)
    except Conflict as fault:
        form.form_errors.append(fault.message)
        return _page(form, row, 409)
    except Invalid as fault:
        for found in fault.faults:
            form[FIELDS.get(found.field, found.field)].errors = [fault_in_words(found)]
        return _page(form, row, 422)
    flash(_("Saved. The materials to prepare follow it."), "ok")
    return redirect(url_for("recipes.index"), 303)


def _page(form: RecipeForm, row: RecipeRow | None, status: int = 200) -> Answer:
    return render_template("materials/recipe.html", form=form, row=row), status


def _form(shown: dict[str, object]) -> RecipeForm:
    own = _own()
    used = {row.category for row in queries.recipe_rows(work().session, own.id)}
    form = RecipeForm(data=shown)
    form.unit_cost.currency = own.currency
    form.fill_choices(part(Vocabulary), language(), own.vertical, [*own.categories, *sorted(used - {*own.categories})])
    return form


def _own() -> FactoryProfile:
    found = profile(work().session, work().organisation_id)
    if found is None:
        raise NotFound
    return found


def _row(use_id: UUID) -> RecipeRow:
    for row in queries.recipe_rows(work().session, work().organisation_id):
        if row.id == use_id:
            return row
    raise NotFound
