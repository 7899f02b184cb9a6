"""Where the goods of an order stand among all goods."""

from matching.engine.reading import ReadOrder
from matching.verticals.pack import Vocabulary


def goods_path(vocabulary: Vocabulary, category: str) -> tuple[str, ...]:
    """The goods, their wider terms and their trade, nearest first."""
    term = vocabulary.term("category", category)
    return (category,) if term is None else (category, *term.broader, f"trade:{term.vertical}")


def group_of(vocabulary: Vocabulary, order: ReadOrder) -> str:
    """The widest goods that the order's belong to, in which a factory may be strong; empty when no goods are known."""
    if not order.wishes["category"]:
        return ""
    category = order.wishes["category"][0].id
    term = vocabulary.term("category", category)
    return category if term is None or not term.broader else term.broader[-1]
