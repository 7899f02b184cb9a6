"""What the columns of a file of sales or stock mean, and where such a file comes from. Pure.

A column means one of FIELDS, or "" for one that is left out. Exports of Taobao, Tmall, 1688 and Shopify are known by
their headers; every other table is read by the names of its columns in either language.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from market.kit.uploads import LEFT_OUT, folded, match_headers
from matching.tables import Limits

FIELDS: Mapping[str, tuple[str, ...]] = {
    "sku": ("货号", "商家编码", "商品编码", "商品编号", "sku编码", "sku编号", "商家sku编码", "商品sku", "规格编码",
            "外部编码", "外部系统编号", "宝贝编码", "单品货号", "款号", "货品编码", "物料编码", "存货编码", "item code",
            "item", "item no", "item number", "sku code", "lineitem sku", "variant sku", "seller sku", "product code",
            "style no", "article", "article no", "part number"),
    "name": ("宝贝标题", "宝贝名称", "商品标题", "商品名称", "货品标题", "货品名称", "产品名称", "品名", "名称", "标题",
             "款名", "存货名称", "item name", "product name", "lineitem name", "product title", "product", "title",
             "description", "name"),
    "day": ("日期", "销售日期", "统计日期", "出库日期", "下单时间", "下单日期", "订单创建时间", "创建时间", "成交时间",
            "成交日期", "盘点日期", "date", "day", "sold on", "order date", "created at", "purchase date", "time"),
    "paid_on": ("订单付款时间", "付款时间", "买家付款时间", "支付时间", "付款日期", "paid at", "payment date"),
    "quantity": ("购买数量", "宝贝数量", "宝贝总数量", "销量", "销售数量", "销售件数", "卖出件数", "件数", "数量",
                 "成交件数", "支付件数", "付款件数", "出库数量", "quantity", "qty", "lineitem quantity", "units sold",
                 "units", "sold", "sales", "pieces", "pcs", "quantity sold", "quantity purchased"),
    "price": ("商品单价", "商品价格", "宝贝单价", "成交价", "成交单价", "单价", "售价", "销售单价", "实际单价", "价格",
              "单价元", "price", "unit price", "lineitem price", "selling price", "item price"),
    "amount": ("销售额", "成交金额", "支付金额", "付款金额", "实付金额", "买家实付金额", "买家实际支付金额", "总金额",
               "amount", "revenue", "net sales", "total sales", "gross sales"),
    "currency": ("币种", "货币", "currency"),
    "promotion": ("活动", "促销", "促销活动", "是否促销", "促销标记", "营销活动", "大促", "promotion", "promo",
                  "promoted", "on promotion", "campaign"),
    "in_stock": ("是否有货", "有货", "可售", "in stock", "available for sale"),
    "order": ("订单编号", "订单号", "主订单编号", "子订单编号", "交易编号", "单号", "order", "order id", "order no",
              "order number", "order name"),
    "status": ("订单状态", "交易状态", "状态", "financial status", "order status", "status"),
    "refund_status": ("退款状态", "售后状态", "退货状态", "refund status"),
    "refund_amount": ("退款金额", "退款金额元", "refunded amount", "refund amount"),
    "returned": ("退货数量", "退货件数", "退款件数", "退款数量", "returned", "returned quantity", "returns",
                 "refunded quantity"),
    "cancelled_on": ("取消时间", "cancelled at", "canceled at"),
    "on_hand": ("期末库存", "可用库存", "库存", "库存数量", "现有库存", "现货库存", "实际库存", "可售库存", "在库数量",
                "结存", "结存数量", "当前库存", "on hand", "stock", "stock on hand", "closing stock", "inventory",
                "inventory quantity", "available", "quantity on hand"),
    "on_order": ("在途", "在途库存", "在途数量", "采购在途", "在产数量", "on order", "incoming", "in transit",
                 "quantity on order"),
    "cost": ("成本", "成本价", "成本单价", "采购价", "采购单价", "进价", "进货价", "cost", "unit cost",
             "cost per item", "purchase price"),
    "lead_time_days": ("交期天数", "交货天数", "生产周期", "备货天数", "补货周期", "lead time", "lead time days"),
    "minimum": ("起订量", "最小起订量", "最低起订量", "moq", "minimum", "minimum order", "minimum order quantity"),
    "pack_size": ("装箱数", "每箱件数", "箱规", "pack size", "case pack", "pack"),
}  # fmt: skip
TERMS = ("cost", "lead_time_days", "minimum", "pack_size")
LIMITS = Limits(bytes=1 << 30, rows=1_000_000, columns=200, cells=30_000_000)
CHANNELS = ("taobao", "1688", "jd", "pdd", "douyin", "shopify", "amazon", "store")
LONGEST_CHANNEL = 40
_TAOBAO = frozenset(
    ("宝贝标题", "宝贝名称", "宝贝总数量", "买家会员名", "主订单编号", "子订单编号", "订单付款时间", "淘宝订单编号")
)
_1688 = frozenset(("货品标题", "单品货号", "货品种类", "买家公司名", "卖家公司名"))


class FileKind(StrEnum):
    """What a file tells of: sales day by day, stock at one moment, or sales with the stock at each day's end."""

    SALES = "sales"
    STOCK = "stock"
    BOTH = "both"


def guess_mapping(headers: Sequence[str]) -> dict[str, str]:
    """Header -> field for a file that nobody has mapped yet; each field is given to the first column that names it."""
    known = {folded(word): field for field, words in FIELDS.items() for word in (field, *words)}
    if guess_channel(headers) == "shopify":
        known[folded("name")] = "order"
    mapping = match_headers(headers, known)
    if "day" not in mapping.values():
        # Without another day, the day of payment is simply the day.
        mapping = {header: "day" if field == "paid_on" else field for header, field in mapping.items()}
    return mapping


def guess_channel(headers: Sequence[str], file_name: str = "") -> str:
    """Whose export a file is: one of CHANNELS, or "" when nothing tells."""
    words = {folded(header) for header in headers}
    if sum(word.startswith("lineitem") for word in words) >= 2:
        return "shopify"
    if words & _1688 or "1688" in file_name:
        return "1688"
    return "taobao" if words & _TAOBAO else ""


def kind_of(mapping: Mapping[str, str]) -> FileKind:
    """What a file with this mapping tells of."""
    fields = set(mapping.values())
    if "quantity" not in fields:
        return FileKind.STOCK
    return FileKind.BOTH if "on_hand" in fields else FileKind.SALES


def mapping_faults(mapping: Mapping[str, str]) -> tuple[str, ...]:
    """Codes of what keeps a mapping from being used: no_item, no_figures, no_day, twice, unknown."""
    fields = [name for name in mapping.values() if name != LEFT_OUT]
    faults = []
    if not {"sku", "name"} & set(fields):
        faults.append("no_item")
    if not {"quantity", "on_hand", "on_order", *TERMS} & set(fields):
        faults.append("no_figures")
    if "quantity" in fields and not {"day", "paid_on"} & set(fields):
        faults.append("no_day")
    if len(fields) != len(set(fields)):
        faults.append("twice")
    if any(name not in FIELDS for name in fields):
        faults.append("unknown")
    return tuple(faults)
