"""The words of checks and previews in the reader's language."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from matching.verticals.pack import PackFault

FAULTS = (
    _("is too large; accepted are %(most)s"),
    _("is not YAML: %(problem)s"),
    _("uses the alias *%(name)s; write it out"),
    _("names the anchor &%(name)s; write it out"),
    _("has the tag %(name)s; accepted are plain values"),
    _("is nested too deep or holds too much"),
    _("is %(kind)s; accepted is a mapping"),
    _("%(key)s is %(value)s; accepted is a text that is not empty"),
    _("%(key)s is %(value)s; accepted are small letters, digits and hyphens"),
    _("%(key)s is %(value)s; accepted is a list of texts, the name first"),
    _("%(key)s holds something that is not a text"),
    _("%(key)s is %(value)s; accepted is a number from %(low)s to %(high)s"),
    _("%(key)s is %(value)s; accepted is true or false"),
    _("%(key)s is %(kind)s; accepted is a list"),
    _("unknown key %(key)s; known here are %(known)s"),
    _("pattern is %(value)s; accepted are %(known)s"),
    _("kind is %(value)s; accepted are %(known)s"),
    _("choices belong to the kind choice, and to no other"),
    _("the %(kind)s id %(value)s stands in %(other)s already"),
    _("the name %(word)s already names %(term)s of the pack %(other)s"),
    _("%(what)s %(value)s is given %(count)s times; accepted is once"),
    _("unknown parent %(value)s; accepted is the id of a %(kind)s here"),
    _("is its own parent, through %(path)s"),
    _("the word %(word)s has nothing that can be matched"),
    _("the word %(word)s already names %(other)s; a word names one %(kind)s"),
    _("the word %(word)s names the %(kind)s %(term)s; it cannot be both"),
    _("categories is empty; a vertical needs one at least"),
    _("low is above high"),
    _("%(key)s: unknown %(what)s %(value)s"),
    _("the vertical %(value)s stands in another file already"),
    _("is missing"),
    _("cannot be read: %(problem)s"),
)
"""Everything that a check of a pack says, named here for the catalogues."""

KINDS = {
    "vertical": _("trade"),
    "category": _("goods"),
    "process": _("process"),
    "material": _("material"),
    "certification": _("certificate"),
    "region": _("region"),
    "colour": _("colour"),
    "quantity": _("quantity"),
    "unit": _("unit"),
    "due_on": _("date"),
    "target_unit_price": _("price"),
    "currency": _("currency"),
    "inspection": _("inspection"),
}
PARTS = {
    "name": _("name"),
    "parent": _("wider term"),
    "implies": _("usual processes"),
    "listed": _("words for lists"),
    "verticals": _("trades that use it"),
    "name_en": _("English name"),
    "name_zh": _("Chinese name"),
    "synonyms_en": _("English words of the trade"),
    "synonyms_zh": _("Chinese words of the trade"),
    "pattern": _("pattern"),
    "attributes": _("attributes"),
    "minimums": _("what causes minimums"),
    "units": _("units"),
    "price_units": _("units of prices"),
    "ignored": _("ignored words"),
    "weak": _("weak words"),
    "whole": _("whole words"),
    "silent": _("silent processes"),
}
CHANGES = {"published": _("published"), "went back": _("gone back to"), "retired": _("retired")}


def say_pack_fault(fault: PackFault) -> str:
    """What is wrong, in the reader's language."""
    return str(gettext(fault.what) % fault.values)


def kind_words(name: str) -> str:
    """The name of a field that was read; an attribute's own id where it is one."""
    return str(KINDS.get(name, name.removeprefix("attribute:")))


def part_words(name: str) -> str:
    """The name of a part of a pack."""
    return str(PARTS.get(name, name))


def change_words(what: str) -> str:
    """What was done to a pack."""
    return str(CHANGES.get(what, what))
