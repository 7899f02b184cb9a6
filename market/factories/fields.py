"""Form fields that read figures as people write them and keep what was typed when it cannot be read."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from wtforms import StringField
from wtforms.widgets import TextInput

from market.kit.money import CURRENCIES, Money, MoneyFault, parse_money

LONGEST_NUMBER = 12
AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")


class _Typed(StringField):  # type: ignore[misc]  # WTForms carries no types
    """A field whose value differs from its text; the text is shown again as it was typed."""

    widget = TextInput()
    data: Any

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.as_text(self.data)

    def as_text(self, value: Any) -> str:
        return str(value)

    def read(self, text: str) -> Any:
        """The value of what was typed, which is never empty here. Raises ValueError with words for the reader."""
        return text

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        text = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        if text:
            self.data = self.read(text)


class WholeNumberField(_Typed):
    """A whole number: "300", "1,000" and "３００" alike. data is None when left empty."""

    def __init__(self, label: Any = None, lowest: int = 1, highest: int = 10_000_000, **named: Any) -> None:
        super().__init__(label, **{"render_kw": {"inputmode": "numeric", "autocomplete": "off"}, **named})
        self.lowest, self.highest = lowest, highest

    def read(self, text: str) -> int:
        bare = text.replace(",", "").replace(" ", "")
        accepted = _("Write a whole number from %(lowest)s to %(highest)s.", lowest=self.lowest, highest=self.highest)
        if not bare.isascii() or not bare.isdigit() or len(bare) > LONGEST_NUMBER:
            raise ValueError(accepted)
        if not self.lowest <= int(bare) <= self.highest:
            raise ValueError(accepted)
        return int(bare)


class AmountField(_Typed):
    """An amount of zero or more with decimals: "0.35", "1,200" and "０.３５" alike. data: a Decimal, or None."""

    def __init__(self, label: Any = None, highest: int = 10_000_000, decimals: int = 3, **named: Any) -> None:
        super().__init__(label, **{"render_kw": {"inputmode": "decimal", "autocomplete": "off"}, **named})
        self.highest, self.decimals = highest, decimals

    def as_text(self, value: Decimal) -> str:
        return f"{value.normalize():f}"

    def read(self, text: str) -> Decimal:
        bare = text.replace(",", "").replace(" ", "")
        accepted = _(
            "Write a number from 0 to %(highest)s, with at most %(decimals)s decimals.",
            highest=self.highest,
            decimals=self.decimals,
        )
        if not AMOUNT.fullmatch(bare) or len(bare) > LONGEST_NUMBER:
            raise ValueError(accepted)
        if Decimal(bare) > self.highest or len(bare.partition(".")[2]) > self.decimals:
            raise ValueError(accepted)
        return Decimal(bare)


class PriceField(_Typed):
    """An amount of money. data is Money, or None when left empty. currency may be set after the form was made."""

    def __init__(self, label: Any = None, currency: str = "CNY", **named: Any) -> None:
        super().__init__(label, **{"render_kw": {"inputmode": "decimal", "autocomplete": "off"}, **named})
        self.currency = currency

    def as_text(self, value: Money) -> str:
        return f"{value.major():f}"

    def read(self, text: str) -> Money:
        try:
            return parse_money(text, self.currency)
        except MoneyFault:
            digits = CURRENCIES[self.currency][1]
            raise ValueError(
                _("Write an amount like 128 or 128.50, with at most %(digits)s decimals.", digits=digits)
            ) from None


class DayField(_Typed):
    """A calendar day, written as 2026-12-03. data is None when left empty."""

    def __init__(self, label: Any = None, **named: Any) -> None:
        super().__init__(label, **{"render_kw": {"type": "date"}, **named})

    def as_text(self, value: date) -> str:
        return value.isoformat()

    def read(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("Write the day like 2026-12-03.")) from None
