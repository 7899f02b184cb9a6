"""Orders of the demo market: real lines of a public sales ledger, and synthetic apparel orders in two languages."""

import csv
import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from market.orders.drafts import MaterialShare, OrderDraft
from matching.verticals.pack import Vocabulary

DATA = Path(__file__).parent / "data"
LEDGER = DATA / "online_retail.csv.gz"
SMALLEST, LARGEST = 36, 1500
FEN_PER_PENNY = 4
SHARE_THAT_POOLS = 0.65
SOURCE = "UCI Online Retail (Chen, Sain and Guo 2012)"


@dataclass(frozen=True, slots=True)
class Goods:
    """What a product name of the ledger means in the words of the packs."""

    words: str
    vertical: str
    category: str
    processes: tuple[str, ...]
    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """shop: whose order it is, as the ledger numbers its customers."""

    shop: str
    country: str
    draft: OrderDraft


@cache
def goods_table() -> tuple[Goods, ...]:
    with (DATA / "goods.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Goods(
                row["words"],
                row["vertical"],
                row["category"],
                tuple(row["processes"].split(";")),
                tuple(row["materials"].split(";")),
            )
            for row in csv.DictReader(file)
        )


def goods_of(name: str) -> Goods | None:
    """The first row of the table whose words stand in a product name."""
    return next((goods for goods in goods_table() if goods.words in f"{name} "), None)


def ledger_orders(vocabulary: Vocabulary, count: int, seed: int, today: date) -> Iterator[DemoOrder]:
    """`count` lines of the ledger that are small orders, spread over its customers, asked for from today on."""
    chance = random.Random(seed)  # noqa: S311 (a demo, not a secret)
    by_shop: dict[str, list[dict[str, str]]] = {}
    for row in read_ledger():
        if SMALLEST <= int(row["quantity"]) <= LARGEST:
            by_shop.setdefault(row["customer_id"], []).append(row)
    shops = sorted(by_shop, key=lambda shop: (-len(by_shop[shop]), shop))[: max(8, count // 5)]
    rows = [row for shop in shops for row in chance.sample(by_shop[shop], min(len(by_shop[shop]), 1 + count // 8))]
    chance.shuffle(rows)
    taken: set[tuple[str, str]] = set()
    for row in rows:
        key = (row["customer_id"], row["stock_code"])
        if len(taken) < count and key not in taken:
            taken.add(key)
            yield ledger_order(row, vocabulary, chance, today)


def ledger_order(row: dict[str, str], vocabulary: Vocabulary, chance: random.Random, today: date) -> DemoOrder:
    """One line as an order request. Quantity, product and customer are the ledger's; price and date are ours."""
    goods = goods_of(row["description"])
    if goods is None:
        raise LookupError(f"goods.csv places no {row['description']!r}")
    pounds, _point, pence = row["unit_price"].partition(".")
    pennies = int(pounds) * 100 + int((pence + "00")[:2])
    name = row["description"].strip().capitalize()
    draft = OrderDraft(
        title=name,
        description=f"{name}; {vocabulary.name('category', goods.category, 'zh')}",
        quantity=int(row["quantity"]),
        source="demo",
        reference=f"{row['invoice']}-{row['stock_code']}",
        vertical=goods.vertical,
        category=goods.category,
        processes=goods.processes,
        materials=tuple(MaterialShare(material) for material in goods.materials[:1]),
        target_price_minor=max(100, pennies * FEN_PER_PENNY),
        due_on=today + timedelta(days=chance.randint(25, 60)),
        grace_days=chance.choice((0, 2, 5)),
        wants_pool=chance.random() < SHARE_THAT_POOLS,
        origin={
            "source": SOURCE,
            "invoice": row["invoice"],
            "day": row["invoice_date"],
            "customer": row["customer_id"],
        },
    )
    return DemoOrder(row["customer_id"], row["country"], draft)


def read_ledger() -> Iterator[dict[str, str]]:
    with gzip.open(LEDGER, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@dataclass(frozen=True, slots=True)
class Garment:
    """A kind of apparel order: a row of data/garments.csv. price: yuan; names are filled with material and gauge."""

    category: str
    zh: str
    en: str
    processes: tuple[str, ...]
    materials: tuple[str, ...]
    price: int
    gauges: tuple[str, ...] = ()


@cache
def garments() -> tuple[Garment, ...]:
    with (DATA / "garments.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Garment(
                row["category"],
                row["zh"],
                row["en"],
                tuple(row["processes"].split(";")),
                tuple(row["materials"].split(";")),
                int(row["price"]),
                tuple(filter(None, row["gauges"].split(";"))),
            )
            for row in csv.DictReader(file)
        )


SHOP_NAMES = ("素面", "Northlight", "山间衣物", "Fold & Thread", "白露", "Harbour Knit")
COLOURS = ("navy", "camel", "black", "sage", "beige")


def apparel_orders(vocabulary: Vocabulary, count: int, seed: int, today: date) -> Iterator[DemoOrder]:
    """`count` synthetic orders, half of them written in Chinese."""
    chance = random.Random(seed + 1)  # noqa: S311 (a demo, not a secret)
    for number in range(count):
        garment, chinese = chance.choice(garments()), number % 2 == 0
        yield apparel_order(garment, "zh" if chinese else "en", number, vocabulary, chance, today)


def apparel_order(
    garment: Garment, language: str, number: int, vocabulary: Vocabulary, chance: random.Random, today: date
) -> DemoOrder:
    material, gauge = chance.choice(garment.materials), chance.choice(garment.gauges or ("",))
    pattern = garment.zh if language == "zh" else garment.en
    name = vocabulary.name("material", material, "zh" if language == "zh" else "en")
    title = pattern.format(gauge=gauge, material=name).strip()
    draft = OrderDraft(
        title=title[:1].upper() + title[1:],
        quantity=chance.choice((60, 80, 120, 150, 180, 220, 260)),
        source="demo",
        reference=f"S-{number + 1:03d}",
        vertical="apparel",
        category=garment.category,
        processes=garment.processes,
        materials=(MaterialShare(material),),
        attributes=(("gauge", gauge),) if gauge else (),
        colours=(chance.choice(COLOURS),),
        target_price_minor=round(garment.price * chance.uniform(0.9, 1.15)) * 100,
        due_on=today + timedelta(days=chance.randint(22, 45)),
        grace_days=chance.choice((0, 2, 3)),
        wants_pool=chance.random() < SHARE_THAT_POOLS,
        origin={"source": "synthetic"},
    )
    return DemoOrder(SHOP_NAMES[number % len(SHOP_NAMES)], "China", draft)
