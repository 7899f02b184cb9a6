"""Tells what a text rules out: "不要涤纶", "no polyester or nylon", "plastic-free", "彩盒不要"."""

import re
from functools import lru_cache
from typing import Final

_REACH: Final = 40
_FORWARD: Final = re.compile(
    r"不要|不用|不能用|不能含|不能有|不能是|不含|不使用|不接受|不是|不可用|不带|别用|别要|拒绝|避免"
    r"|除了?|勿用|不做|不加|无需|不需要|不$"
    r"|无(?=[^论需所缝痕铅感])|非(?=[^常])"
    r"|\b(?:not (?:looking for|interested in|want(?:ing)?)|no(?! less| later| more| matter| moq| wait"
    r"| problem| idea| rush| worries| need|t)|not(?! only| later| less| more)|without|avoid|except"
    r"|excluding|non"
    r"|never|don'?t (?:want|use|need)|do not (?:want|use|need)|free of|instead of|rather than)\b"
)
_SCOPE_END: Final = re.compile(
    r"[,;.!?\n()\d]|[一-鿿] (?![和或及])|但|而是|\s要|\s需|必须|要过|要求|只要|只用|请用|要用|改用"
    r"|\b(?:but|only|please|just|use|must|need|we|with|in|for|by|made)\b"
)
_BACKWARD: Final = re.compile(
    r"^(?:-free\b| free\b| ?(?:(?:不要|不用|不需要)[配带做加印送]?|不做|除外|就不要了?|免了?)(?=$|[\s,;.!?、，。])"
    r"| ?还?(?:没有|没做|没过|没办|没拿到?|未做|未过|未办)了?(?=$|[\s,;.!?、，。])"
    r"|,? (?:is |are )?(?:not|isn't) (?:needed|required|necessary|wanted|accepted|allowed|ok)\b| no(?=$|[,;.]))"
)
_BELONGS_BACKWARD: Final = re.compile(r"[一-鿿a-z0-9] ?$")


_ANYWHERE: Final = re.compile(
    r"不|没|未|别|拒|避免|除|勿|无|非|免|free|\b(?:no|not|non|n't|isn't|never|without|avoid|except|exclud|instead|rather|don)"
)


@lru_cache(maxsize=8)
def may_negate(plain_text: str) -> bool:
    """Whether a text holds anything that could rule something out."""
    return _ANYWHERE.search(plain_text) is not None


def is_negated(plain_text: str, start: int, end: int) -> bool:
    """Whether the words at [start, end) are ruled out, by what stands after them or before them."""
    if _BACKWARD.match(plain_text[end : end + 24]):
        return True
    low = max(0, start - _REACH)
    before = plain_text[low:start]
    last = None
    for match in _FORWARD.finditer(before):
        last = match
    if last is not None and last.group() in ("non", "无", "非") and before[last.end() :].strip(" -"):
        return False
    if last is None or _SCOPE_END.search(before[last.end() :]):
        return False
    return not _spent(plain_text, low + last.start(), low + last.end())


def _spent(plain_text: str, start: int, end: int) -> bool:
    """Whether a negation already rules out what stands before it, as in "彩盒不要 OPP袋包装"."""
    behind = plain_text[max(0, start - 2) : start]
    return bool(
        _BACKWARD.match(plain_text[start : end + 1])
        and re.search(r"\S$", behind)
        and not re.search(r"[,;.!?:、]$", behind)
    )
