"""A small file of sales and stock that a shop may look at before it makes its own. Pure."""

import csv
import io
from datetime import date, timedelta

_HEADERS = {
    "zh": ("日期", "货号", "商品名称", "销量", "成交价", "活动", "期末库存"),
    "en": ("date", "sku", "name", "quantity", "price", "promotion", "on_hand"),
}
_NAMES = {"zh": ("12 针圆领羊绒衫", "羊绒围巾"), "en": ("12-gauge cashmere crew neck", "Cashmere scarf")}
_SOLD = ((8, 3), (11, 4), (9, 0), (26, 12), (10, 5), (7, 3), (12, 6))
_PRICES = ("128.00", "59.50")
_STOCK = (412, 180)
_PROMOTED = 3


def sample_file(language: str, today: date) -> bytes:
    """Two items over the seven days before today, in the reader's language, as UTF-8 that spreadsheets know as such."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEADERS[language])
    promotion = {"zh": "店庆", "en": "anniversary sale"}[language]
    for place, pieces in enumerate(_SOLD):
        day = (today - timedelta(days=len(_SOLD) - place)).isoformat()
        for item, sku in enumerate(("KN-218", "KN-031")):
            left = _STOCK[item] - sum(sold[item] for sold in _SOLD[: place + 1])
            told = promotion if place == _PROMOTED else ""
            writer.writerow((day, sku, _NAMES[language][item], pieces[item], _PRICES[item], told, left))
    return ("\ufeff" + out.getvalue()).encode()
