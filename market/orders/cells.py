"""What a person writes into a cell or a field, read as a value. Pure; says what is accepted when it cannot be read.

Both languages, both widths and the habits of spreadsheets: "1,200 件", "２５ dozen", "¥128", "30% cashmere, 70% wool".
"""

import re

from market.kit.cells import NUMBER, Unreadable, narrow, split_list
from market.kit.wording import Sentence as _
from market.orders.drafts import COUNTED, LARGEST_QUANTITY, MaterialShare
from matching.verticals.folding import word_forms
from matching.verticals.pack import Kind, Vocabulary

_SHARE_FIRST = re.compile(r"([0-9]{1,3})\s*%\s*([^0-9%]+)")
_SHARE_LAST = re.compile(r"([^0-9%]+?)\s*([0-9]{1,3})\s*%")


def read_quantity(text: str, vocabulary: Vocabulary) -> tuple[int, str]:
    """A count and its unit (piece, set or pair); dozens and gross are counted out. Raises Unreadable."""
    found = NUMBER.fullmatch(narrow(text))
    if found is None:
        raise _no_count(text)
    number = float(found[1].replace(",", ""))
    unit, pieces = "piece", 1
    if found[2]:
        unit, pieces = _read_unit(found[2], text, vocabulary)
    count = number * pieces
    if not count.is_integer():
        accepted = _("a whole number from 1 to %(most)s", most=LARGEST_QUANTITY)
        raise Unreadable(_("“%(value)s” is no whole number", value=text[:40]), accepted)
    return int(count), unit


def _read_unit(word: str, text: str, vocabulary: Vocabulary) -> tuple[str, int]:
    wanted = word_forms(word)
    for unit in vocabulary.units():
        names = (unit.id, unit.name_en, unit.name_zh, *unit.synonyms_en, *unit.synonyms_zh)
        if any(word_forms(name) == wanted for name in names):
            return unit.id if unit.id in COUNTED else "piece", unit.pieces
    raise _no_count(text)


def _no_count(text: str) -> Unreadable:
    accepted = _("a whole number from 1 to %(most)s", most=LARGEST_QUANTITY)
    return Unreadable(_("“%(value)s” is no number", value=text[:40]), accepted)


def read_term(text: str, kind: Kind, vocabulary: Vocabulary, vertical: str | None) -> str:
    """The id of a term of the packs, by its name or synonym in either language. Raises Unreadable."""
    found = vocabulary.resolve(kind, text, vertical)
    if found is None:
        accepted = _("a name of the list, in Chinese or English")
        raise Unreadable(_("“%(value)s” is not known", value=text[:40]), accepted)
    return found.id


def read_terms(text: str, kind: Kind, vocabulary: Vocabulary, vertical: str | None) -> tuple[str, ...]:
    """Several terms parted by ; or the comma of either language. Raises Unreadable for the first unknown one."""
    # A name may hold one of the separators itself ("cut/sew"), so the whole text is tried first.
    whole = vocabulary.resolve(kind, text, vertical)
    if whole is not None:
        return (whole.id,)
    return tuple(dict.fromkeys(read_term(part, kind, vocabulary, vertical) for part in split_list(text)))


def read_materials(text: str, vocabulary: Vocabulary, vertical: str | None) -> tuple[MaterialShare, ...]:
    """Materials with their shares where given: "羊绒 30% 羊毛 70%", "30% cashmere, 70% wool", "cotton". Raises
    Unreadable."""
    bare = narrow(text)
    if "%" not in bare:
        return tuple(MaterialShare(found) for found in read_terms(text, "material", vocabulary, vertical))
    pattern, name, share = (_SHARE_FIRST, 2, 1) if bare.lstrip()[0].isdigit() else (_SHARE_LAST, 1, 2)
    parts = [(found[name].strip(" ,;/、+&"), int(found[share])) for found in pattern.finditer(bare)]
    if not parts:
        accepted = _("a name of the list, in Chinese or English")
        raise Unreadable(_("“%(value)s” is not known", value=text[:40]), accepted)
    return tuple(MaterialShare(read_term(word, "material", vocabulary, vertical), each) for word, each in parts)


def read_colours(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Colours as ids of the packs, or as written where no pack knows them."""
    found = ((part, vocabulary.resolve("colour", part)) for part in split_list(text))
    return tuple(dict.fromkeys(part if term is None else term.id for part, term in found))
