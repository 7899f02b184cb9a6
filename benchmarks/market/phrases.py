"""How buyers and factories put things, in two languages, and how they slip while typing."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from benchmarks.market.trade import Kind, Language

Choices = Mapping[Language, tuple[str, ...]]

OPENINGS: Final[Choices] = {
    "zh": ("我们想做{x}", "求购{x}", "找工厂做{x}", "{x}定制", "有一批{x}要做", "打算开发一款{x}", "客人要{x}"),
    "en": (
        "Looking for {x}",
        "We need {x}",
        "RFQ for {x}",
        "Custom {x} wanted",
        "Our brand wants to make {x}",
        "Hi, can you produce {x}?",
        "New project: {x}",
    ),
}
TITLES: Final[Choices] = {
    "zh": ("{x}", "{x}订单", "{x}询价", "定做{x}", "{x} 小批量"),
    "en": ("{x}", "{x} order", "Inquiry: {x}", "{x} - custom", "Small batch {x}"),
}
WISHES: Final[Mapping[Kind, Choices]] = {
    "category": {"zh": ("品类是{x}",), "en": ("goods: {x}",)},
    "process": {
        "zh": ("工艺要{x}", "需要{x}", "带{x}", "{x}工艺", "要做{x}"),
        "en": ("with {x}", "{x} required", "process: {x}", "should have {x}", "finished by {x}"),
    },
    "material": {
        "zh": ("材质{x}", "用{x}", "{x}的", "主料{x}", "要{x}料"),
        "en": ("made of {x}", "material {x}", "in {x}", "{x} only", "using {x}"),
    },
    "certificate": {
        "zh": ("要有{x}", "需{x}", "必须过{x}", "{x}要齐全"),
        "en": ("{x} needed", "must have {x}", "{x} is a must", "please share your {x}"),
    },
}
REFUSALS: Final[Choices] = {"zh": ("不要{x}", "不做{x}"), "en": ("no {x}", "without {x}")}
QUANTITIES: Final[Choices] = {
    "zh": ("数量{x}件", "{x}件", "大概{x}个"),
    "en": ("{x} pcs", "qty {x}", "around {x} pieces"),
}
PRICES: Final[Choices] = {
    "zh": ("目标价{x}元", "单价{x}元以内", "预算每件{x}元", "{x}块左右一件"),
    "en": ("target {x} USD/pc", "target price USD {x}", "budget ${x} each", "max ${x} per piece"),
}
DAYS: Final[Choices] = {
    "zh": ("{x}天内交货", "{x}天交", "交期{x}天"),
    "en": ("delivery within {x} days", "lead time {x} days", "{x} days max"),
}
DATES: Final[Choices] = {"zh": ("{x}前交货", "{x}前到仓"), "en": ("deliver by {x}", "needed before {x}")}
PLACES: Final[Choices] = {"zh": ("希望{x}的工厂", "最好在{x}"), "en": ("prefer a factory in {x}", "{x} based please")}
CHATTER: Final[Choices] = {
    "zh": (
        "先打样再下大货",
        "长期合作",
        "请报价含包装",
        "颜色待定",
        "两个颜色各半",
        "可以先做样品吗",
        "好的话会返单",
        "图片可发",
    ),
    "en": (
        "sample first please",
        "long term business",
        "quote incl. packing",
        "colour TBC",
        "2 colours",
        "artwork ready",
        "pls send catalogue",
        "repeat orders if good",
    ),
}
TRADES: Final[Choices] = {
    "zh": ("专业生产{x}", "主营{x}", "我厂做{x}多年", "{x}源头工厂", "承接{x}订单"),
    "en": ("We make {x}", "Manufacturer of {x}", "Specialised in {x}", "Our main products are {x}", "OEM/ODM for {x}"),
}
SKILLS: Final[Mapping[Kind, Choices]] = {
    "category": TRADES,
    "process": {
        "zh": ("工艺有{x}", "可做{x}", "自有{x}车间", "擅长{x}"),
        "en": ("in-house {x}", "processes: {x}", "we do {x}", "strong in {x}"),
    },
    "material": {
        "zh": ("常用{x}", "材料{x}", "可用{x}"),
        "en": ("materials {x}", "we work with {x}", "{x} in stock"),
    },
    "certificate": {"zh": ("有{x}", "通过{x}", "证书{x}"), "en": ("{x} certified", "holding {x}", "audits: {x}")},
}
MINIMUMS: Final[Choices] = {
    "zh": ("起订量{x}件", "{x}件起做", "最少{x}件"),
    "en": ("MOQ {x} pcs", "min. order {x} pieces"),
}
CAPACITIES: Final[Choices] = {
    "zh": ("周产能{x}件", "每周可做{x}件"),
    "en": ("{x} pcs per week", "weekly capacity {x} pcs"),
}
LEADS: Final[Choices] = {"zh": ("交期{x}天", "{x}天左右出货"), "en": ("lead time {x} days", "ships in {x} days")}
BOASTS: Final[Choices] = {
    "zh": ("欢迎来图来样", "质量稳定", "支持小单快反", "老板亲自跟单", "出口多年", "价格好商量"),
    "en": (
        "welcome your designs",
        "stable quality",
        "20 years of export",
        "fast sampling",
        "good price",
        "family business",
    ),
}
REGION_NAMES: Final[Mapping[Language, tuple[str, ...]]] = {
    "zh": ("广东", "浙江", "江苏", "福建", "山东", "河北", "江西", "湖南", "上海", "安徽"),
    "en": (
        "Guangdong",
        "Zhejiang",
        "Jiangsu",
        "Fujian",
        "Shandong",
        "Hebei",
        "Jiangxi",
        "Hunan",
        "Shanghai",
        "Anhui",
    ),
}
REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "product": ("product", "wrong product", "不做这类产品", "we do not make this"),
    "process": ("process", "做不了这个工艺", "process not available"),
    "material": ("material", "没有这种材料", "material not available"),
    "quantity": ("quantity", "数量不合适", "quantity does not suit us"),
    "price": ("price", "价格太低", "target price too low"),
    "time": ("time", "交期太紧", "too short notice"),
    "other": ("other", "capacity", "排期已满", "fully booked"),
}

_ALIKE: Final = dict(
    zip(
        "绣棉织涤腈衫帽陶瓷杯釉铸塑胶丝绒纱灯罩镀裤裙垫藤蜡烛框篮银磨雕窑骨柜瓶壶筷叉勺袋皮鞋靴拼积椴榉",
        "秀绵只条晴杉冒淘磁怀油柱朔交斯戎沙登照度库群塾滕腊独筐蓝艮摩彫遥古拒平壹快义勾代破鞵鞾并只段举",
        strict=True,
    )
)
_SHORTEST: Final = 5


def pick(random: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(random.integers(len(choices)))]


def mistype(random: np.random.Generator, word: str) -> str:
    """One slip: a Chinese character for one that sounds or looks alike, or two Latin letters swapped, one lost or
    doubled. A word that is too short to be read with a slip stays."""
    places = [place for place, letter in enumerate(word) if letter in _ALIKE]
    if places:
        place = places[int(random.integers(len(places)))]
        return word[:place] + _ALIKE[word[place]] + word[place + 1 :]
    letters = [place for place, letter in enumerate(word) if letter.isascii() and letter.isalpha()][1:-1]
    if len(letters) < _SHORTEST:
        return word
    place = letters[int(random.integers(len(letters)))]
    slips = (
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
    )
    return pick(random, slips)
