"""What the columns of a shop's own file mean, and how one of its rows becomes an order. Pure.

A column means a field of OrderDraft, or `attributes.<id>` of the vertical packs, or "" for one that is left out.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from market.kit.cells import Amount, Unreadable, read_day, read_price, read_whole
from market.kit.row_faults import CellFault
from market.kit.uploads import LEFT_OUT, folded, is_chinese, match_headers, unescaped
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from market.orders.cells import read_colours, read_materials, read_quantity, read_term, read_terms
from market.orders.drafts import LONGEST_GRACE_DAYS, LONGEST_TITLE, OrderDraft, check_draft
from matching.tables import Limits
from matching.verticals.pack import Vocabulary

FIELDS: Mapping[str, tuple[str, ...]] = {
    "reference": ("订单号", "订单编号", "单号", "po", "po号", "po no", "order id", "order no", "order number",
                  "reference", "ref"),
    "title": ("标题", "品名", "产品", "产品名称", "商品", "商品名称", "名称", "款式", "款名", "title", "name",
              "product", "product name", "item", "style"),
    "description": ("描述", "说明", "要求", "备注", "详情", "规格", "description", "details", "notes", "note", "remark",
                    "remarks", "requirements", "spec"),
    "category": ("品类", "类目", "类别", "产品类别", "分类", "category", "product category", "type"),
    "processes": ("工艺", "工序", "生产工艺", "加工方式", "process", "processes", "technique"),
    "materials": ("材料", "材质", "面料", "成分", "成份", "原料", "material", "materials", "fabric", "composition"),
    "certifications": ("认证", "证书", "资质", "certification", "certifications", "certificate", "certificates"),
    "colours": ("颜色", "配色", "colour", "colours", "color", "colors"),
    "quantity": ("数量", "件数", "订单数量", "订购数量", "总数", "总数量", "quantity", "qty", "pieces", "pcs",
                 "order quantity", "count"),
    "target_price": ("目标价", "目标单价", "单价", "价格", "期望单价", "target price", "target unit price", "price",
                     "unit price"),
    "currency": ("币种", "货币", "currency"),
    "due_on": ("交期", "交货期", "交货日期", "交付日期", "到货日期", "截止日期", "due", "due on", "due date",
               "deadline", "delivery date", "delivery", "need by"),
    "grace_days": ("可晚天数", "宽限天数", "宽限", "grace days", "grace"),
    "region": ("地区", "产地", "省份", "region", "province", "location"),
    "vertical": ("行业", "vertical", "trade", "industry"),
    "inspection": ("验货标准", "验货", "aql", "inspection"),
}  # fmt: skip
LIMITS = Limits(bytes=64 << 20, rows=50_000, columns=200, cells=4_000_000)


@dataclass(slots=True)
class _Reading:
    """A row on its way: values by draft field, and what was wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)


def guess_mapping(headers: Sequence[str], vocabulary: Vocabulary) -> dict[str, str]:
    """Header -> field for a file nobody has mapped yet; each field is given to the first column that names it."""
    known = {folded(word): name for name, words in FIELDS.items() for word in (name, *words)}
    for pack in (*vocabulary.packs.values(), vocabulary.common):
        for attribute in pack.attributes:
            for word in (attribute.id, attribute.name_en, attribute.name_zh, *attribute.synonyms):
                known.setdefault(folded(word), f"attributes.{attribute.id}")
    return match_headers(headers, known)


def mapping_faults(mapping: Mapping[str, str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Codes of what keeps a mapping from being used: no_quantity, no_subject, twice, unknown."""
    fields = [name for name in mapping.values() if name != LEFT_OUT]
    faults = []
    if "quantity" not in fields:
        faults.append("no_quantity")
    if not {"title", "category", "description"} & set(fields):
        faults.append("no_subject")
    if len(fields) != len(set(fields)):
        faults.append("twice")
    if any(not _is_field(name, vocabulary) for name in fields):
        faults.append("unknown")
    return tuple(faults)


class RowReader:
    """Reads rows of one file by one mapping; what it looked up once it remembers, so long files stay quick."""

    def __init__(self, headers: Sequence[str], mapping: Mapping[str, str], vocabulary: Vocabulary, today: date) -> None:
        self._places = [
            (place, header, mapping.get(header, LEFT_OUT))
            for place, header in enumerate(headers)
            if mapping.get(header, LEFT_OUT) != LEFT_OUT
        ]
        # The trade decides what an ambiguous word means, so it is read first, and the category before the rest.
        order = {"vertical": 0, "category": 1}
        self._places.sort(key=lambda entry: order.get(entry[2], 2))
        self._header_of = {name: header for _, header, name in self._places}
        self._vocabulary = vocabulary
        self._today = today
        self._known: dict[tuple[str, str, str | None], Any] = {}

    def read(self, cells: Sequence[str]) -> tuple[OrderDraft, list[CellFault]]:
        """The order that a row asks for, and every fault of the row; with a fault the draft must not be used."""
        row = _Reading()
        for place, header, name in self._places:
            cell = cells[place] if place < len(cells) else ""
            if not cell:
                continue
            try:
                self._take(row, name, unescaped(cell))
            except Unreadable as fault:
                row.faults.append(CellFault(header, name, cell, fault.problem, fault.accepted))
        draft = self._draft(row)
        named = {fault.column for fault in row.faults}
        for found in check_draft(draft, self._vocabulary, self._today):
            column = self._header_of.get(found.field, "")
            if column not in named or not column:
                said = Sentence.of(found.problem), Sentence.of(found.accepted)
                row.faults.append(CellFault(column, found.field, self._cell(column, cells), *said))
        return draft, row.faults

    def _cell(self, column: str, cells: Sequence[str]) -> str:
        place = next((place for place, header, _ in self._places if header == column), len(cells))
        return cells[place] if place < len(cells) else ""

    def _take(self, row: _Reading, name: str, cell: str) -> None:
        if name == "quantity":
            row.values["quantity"], row.values["unit"] = self._remembered(name, cell, None)
        elif name == "target_price":
            amount: Amount = self._remembered(name, cell, row.values.get("currency", "CNY"))
            row.values["target_price_minor"] = amount.minor
            row.values["currency"] = amount.currency
        elif name.startswith("attributes."):
            row.attributes.append((name.removeprefix("attributes."), self._attribute(name, cell)))
        elif name in _READERS:
            row.values[name] = self._remembered(name, cell, row.values.get("vertical"))
        else:
            row.values[name] = cell.upper() if name == "currency" else cell
        if name == "category":
            row.values.setdefault("vertical", self._vocabulary.vertical_of(row.values["category"]))

    def _remembered(self, name: str, cell: str, vertical: str | None) -> Any:
        """The reading of a cell beside this vertical (beside this currency for a price), looked up once a file."""
        key = (name, cell, vertical)
        if key not in self._known:
            self._known[key] = _READERS[name](cell, self._vocabulary, vertical)
        return self._known[key]

    def _attribute(self, name: str, cell: str) -> str:
        attribute = self._vocabulary.attribute(name.removeprefix("attributes."))
        if attribute is None or attribute.kind == "text":
            return cell
        if attribute.kind == "number":
            found = re.match(r"\s*([0-9]+(?:\.[0-9]+)?)", unicodedata.normalize("NFKC", cell))
            return found[1] if found else cell
        wanted = folded(cell)
        for choice in attribute.choices:
            words = (choice.id, choice.name_en, choice.name_zh, *choice.synonyms_en, *choice.synonyms_zh)
            if wanted in {folded(word) for word in words}:
                return choice.id
        return cell

    def _draft(self, row: _Reading) -> OrderDraft:
        title = row.values.get("title") or row.values.get("description") or ""
        if not title and "category" in row.values:
            chinese = is_chinese([header for _, header, _ in self._places])
            title = self._vocabulary.name("category", row.values["category"], "zh" if chinese else "en")
        values = {**row.values, "title": " ".join(title.split())[:LONGEST_TITLE]}
        if len(row.values.get("title", "")) > LONGEST_TITLE:
            values["description"] = "\n".join(filter(None, (row.values["title"], row.values.get("description"))))
        return OrderDraft(source="import", attributes=tuple(row.attributes), **values)


_Reader = Callable[[str, Vocabulary, str | None], Any]
_READERS: Mapping[str, _Reader] = {
    "quantity": lambda cell, vocabulary, _: read_quantity(cell, vocabulary),
    "target_price": lambda cell, _vocabulary, currency: read_price(cell, currency or "CNY"),
    "vertical": lambda cell, vocabulary, _: _read_vertical(cell, vocabulary),
    "category": lambda cell, vocabulary, vertical: read_term(cell, "category", vocabulary, vertical),
    "region": lambda cell, vocabulary, vertical: read_term(cell, "region", vocabulary, vertical),
    "processes": lambda cell, vocabulary, vertical: read_terms(cell, "process", vocabulary, vertical),
    "certifications": lambda cell, vocabulary, vertical: read_terms(cell, "certification", vocabulary, vertical),
    "materials": lambda cell, vocabulary, vertical: read_materials(cell, vocabulary, vertical),
    "colours": lambda cell, vocabulary, _: read_colours(cell, vocabulary),
    "due_on": lambda cell, _vocabulary, _: read_day(cell),
    "grace_days": lambda cell, _vocabulary, _: read_whole(cell, LONGEST_GRACE_DAYS),
}


def _read_vertical(cell: str, vocabulary: Vocabulary) -> str:
    wanted = folded(cell)
    for pack in vocabulary.packs.values():
        words = (pack.vertical, pack.name_en, pack.name_zh, *pack.synonyms_en, *pack.synonyms_zh)
        if wanted in {folded(word) for word in words}:
            return pack.vertical
    accepted = _("one of %(choices)s", choices=", ".join(vocabulary.packs))
    raise Unreadable(_("“%(value)s” is not known", value=cell[:40]), accepted)


def _is_field(name: str, vocabulary: Vocabulary) -> bool:
    if name.startswith("attributes."):
        return vocabulary.attribute(name.removeprefix("attributes.")) is not None
    return name in FIELDS
