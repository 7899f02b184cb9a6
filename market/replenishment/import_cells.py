"""Cells of sales and stock, read as values. Pure; what cannot be read says what is accepted.

"1,200", "12件" and "１２" are counts; "¥128.5", "12.333" and "$9" are prices; "双11", "是" and "1" mark a promotion.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from market.kit.cells import Amount, Unreadable, narrow, read_day, split_currency
from market.kit.money import CURRENCIES, LARGEST_MINOR
from market.kit.uploads import folded, unescaped
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _

LARGEST_COUNT = 100_000_000
OLDEST_YEARS = 10
MOST_REMEMBERED = 50_000
_COUNT = re.compile(
    r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.0+)?\s*"
    r"(?:件|个|只|条|套|双|对|支|把|张|台|枚|块|顶|份|pcs?|pieces?|units?|sets?|pairs?)?\.?",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"[+-]?[0-9,]+\.[0-9]+")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?")
_NO = frozenset(("", "0", "否", "无", "没有", "no", "n", "false", "none", "null", "na", "nan"))
_OUT = _NO | {"无货", "缺货", "售罄", "断货", "下架", "out", "outofstock", "soldout"}
_IN = frozenset(("1", "是", "有", "有货", "在售", "充足", "yes", "y", "true", "in", "instock"))
_NO_SALE = frozenset(("cancelled", "canceled", "voided", "void", "expired", "unpaid", "awaitingpayment"))
_NO_SALE_WORDS = ("关闭", "取消", "待付款", "等待买家付款", "未付款", "作废")
_REFUNDED = frozenset(("refunded", "fullyrefunded", "退款成功", "已退款", "退款完成", "全额退款", "退货退款成功"))
_SUMS = frozenset(("合计", "总计", "小计", "汇总", "total", "totals", "sum", "grandtotal", "subtotal"))


class Remembered(dict[str, Any]):
    """What each text of a column was read as, so that a long file reads each of them once."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        value = self[cell] = self._read(unescaped(cell))
        return value


def read_count(text: str) -> int:
    """Pieces, below zero for what came back; a unit of single pieces behind them is allowed. Raises Unreadable."""
    bare = narrow(text.replace("−", "-"))
    found = _COUNT.fullmatch(bare)
    if found is None:
        if _FRACTION.fullmatch(bare):
            raise Unreadable(_("“%(value)s” is no whole number", value=text[:40]), _("a whole number, like 12"))
        raise Unreadable(_("“%(value)s” is no number", value=text[:40]), _("a whole number, like 12"))
    number = int(found[2].replace(",", ""))
    if number > LARGEST_COUNT:
        raise Unreadable(_("“%(value)s” is more than any shop sells", value=text[:40]), _count_accepted())
    return -number if found[1] == "-" else number


def read_stock(text: str) -> int:
    """Pieces in stock. Raises Unreadable, with a word of its own for stock below zero."""
    number = read_count(text)
    if number < 0:
        raise Unreadable(_("stock cannot be negative"), _count_accepted())
    return number


def read_least(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        number = read_count(text)
        if not least <= number <= most:
            accepted = _("a whole number from %(least)s to %(most)s", least=least, most=most)
            raise Unreadable(_("“%(value)s” is outside of what is possible", value=text[:40]), accepted)
        return number

    return read


def read_price_cell(text: str) -> Amount | None:
    """A price for one piece or for many, rounded to minor units; None for nothing, for gifts and for money given back.

    The currency is "" where the cell names none. Raises Unreadable.
    """
    bare, currency = split_currency(text, "")
    try:
        amount = Decimal(bare.replace(",", "").replace("−", "-"))
    except InvalidOperation:
        raise Unreadable(_("“%(value)s” is no amount", value=text[:40]), _("an amount, like 128.50")) from None
    if not amount.is_finite() or amount <= 0:
        return None
    minor = amount.scaleb(CURRENCIES[currency or "CNY"][1]).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    if minor > LARGEST_MINOR:
        raise Unreadable(_("“%(value)s” is no amount", value=text[:40]), _("an amount, like 128.50"))
    return Amount(int(minor), currency) if minor else None


def read_currency(text: str) -> str:
    """A currency's code by its code or sign. Raises Unreadable."""
    found = split_currency(f"1 {narrow(text)}", "")[1]
    if not found:
        accepted = _("one of %(choices)s", choices=", ".join(CURRENCIES))
        raise Unreadable(_("“%(value)s” is not known", value=text[:40]), accepted)
    return found


def day_reader(today: date) -> Callable[[str], int]:
    """A reader of days up to today, as ordinals. The day is the one that stands in the file, in its own time zone; a
    whole month stands for its first day."""
    oldest = today.replace(year=today.year - OLDEST_YEARS, day=1)

    def read(text: str) -> int:
        bare = narrow(text)
        compact, month = _COMPACT_DAY.fullmatch(bare), _MONTH.fullmatch(bare)
        if compact:
            bare = "-".join(compact.groups())
        elif month:
            bare = f"{month[1]}-{month[2]}-1"
        day = read_day(bare)
        if day > today:
            raise Unreadable(_("lies in the future"), _("a day up to today"))
        if day < oldest:
            raise Unreadable(_("lies more than ten years back"), _("a day of the last ten years"))
        return day.toordinal()

    return read


def read_promotion(text: str) -> bool:
    """Whether a cell marks a promotion: its name, a yes, or an amount above zero."""
    bare = folded(text)
    return bare not in _NO and bool(bare.strip("0"))


def read_in_stock(text: str) -> bool:
    """Whether the item could be bought. Raises Unreadable."""
    bare = folded(text)
    if bare in _OUT:
        return False
    if bare in _IN or bare.isdigit():
        return True
    raise Unreadable(_("“%(value)s” is not known", value=text[:40]), _("yes or no, 1 or 0"))


def is_no_sale(status: str) -> bool:
    """Whether an order of this state was never paid, or was closed."""
    bare = folded(status)
    return bare in _NO_SALE or any(word in bare for word in _NO_SALE_WORDS)


def is_refunded(status: str) -> bool:
    """Whether everything was given back."""
    return folded(status) in _REFUNDED


def is_sum(cell: str) -> bool:
    """Whether a row is a total under a table rather than an item."""
    return folded(cell) in _SUMS


def _count_accepted() -> Sentence:
    return _("a whole number from 0 to %(most)s", most=LARGEST_COUNT)
