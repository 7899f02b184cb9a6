"""Money: whole minor units and a currency. No float ever touches it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

CURRENCIES = {"CNY": ("¥", 2), "USD": ("$", 2), "EUR": ("€", 2), "GBP": ("£", 2), "JPY": ("JP¥", 0)}
LARGEST_MINOR = 10**15


class MoneyFault(ValueError):
    """An amount that cannot be read or mixed; the message says what is accepted."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (fen, cents) of an ISO 4217 currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise MoneyFault(f"{self.currency!r} is not one of {', '.join(CURRENCIES)}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def times(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)

    def major(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-CURRENCIES[self.currency][1])

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise MoneyFault(f"{self.currency} and {other.currency} cannot be mixed")
        return other


def parse_money(text: str, currency: str) -> Money:
    """Read "1,116.00" or "¥128" as money. Raises MoneyFault on anything else, on negatives and on too many decimals."""
    if currency not in CURRENCIES:
        raise MoneyFault(f"{currency!r} is not one of {', '.join(CURRENCIES)}")
    symbol, digits = CURRENCIES[currency]
    bare = text.strip().replace("，", ",").replace("￥", "¥").removeprefix(symbol).replace(",", "").strip()
    try:
        amount = Decimal(bare)
    except InvalidOperation:
        raise MoneyFault(f"{text!r} is not an amount; write it like 128 or 128.50") from None
    if not amount.is_finite() or amount < 0:
        raise MoneyFault(f"{text!r} is not an amount of zero or more")
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise MoneyFault(f"{text!r} has more than {digits} decimals, the most that {currency} has")
    if minor > LARGEST_MINOR:
        raise MoneyFault(f"{text!r} is more than this market can hold")
    return Money(int(minor), currency)


def allocate(total: Money, weights: Sequence[int]) -> list[Money]:
    """Split by largest remainder, so that the parts sum exactly; ties go to the first.

    Weights are whole numbers of zero or more, not all zero; raises MoneyFault otherwise.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise MoneyFault("weights must be zero or more, and not all zero")
    parts = [total.minor * weight // whole for weight in weights]
    remainders = [total.minor * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in order[: total.minor - sum(parts)]:
        parts[place] += 1
    return [Money(part, total.currency) for part in parts]
