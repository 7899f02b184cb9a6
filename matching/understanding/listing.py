"""How many sizes, colours or goods a text lists where it asks for so many of each: "A4 and A3, 400 of each"."""

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

Span = tuple[int, int]

_REACH: Final = 80
_SIZES: Final = re.compile(
    r"(?<![a-z])(?P<list>[2-6x]*[sml]{1,2}(?:\s?[/,]\s?[2-6x]*[sml]{1,2})+)\s?(?:码)?\s?(?:各|每码"
    r"|每个尺码|each)\s?$"
)
_MEASURE: Final = r"\d+(?:\.\d+)?\s?(?:寸|英寸|吋|cm|厘米|公分|ml|毫升|升|米|号|克|g|w|瓦|oz|inch)"
_MEASURES: Final = re.compile(rf"(?P<list>{_MEASURE}(?:\s?[/,和及]?\s?{_MEASURE})+)\s?(?:两款|的)?各(?:做|要|订)?\s?$")
_ONE_MEASURE: Final = re.compile(_MEASURE)
_NAME: Final = r"[^\s,，.。;；:：()（）、/\d和及]{1,8}"
_NAMES: Final = re.compile(rf"(?P<list>{_NAME}(?:[、/和及]{_NAME})+)\s?各(?:做|要|订)?\s?$")
_LABELLED: Final = re.compile(rf"(?:颜色|花色|colou?rs?)\s?[:：]\s?(?P<list>{_NAME}(?:[、/]{_NAME})+)", re.IGNORECASE)
_MARK: Final = re.compile(r"[/,、和及]")
_ENGLISH: Final = re.compile(r"(?P<first>[^.;:!?()\n]+) (?:and|&) (?P<last>[^,.;:!?()\n]{1,30})[,:]? ?$")
_CODE: Final = re.compile(r"[a-z]{0,2}\d+[a-z]{0,4}")


@dataclass(frozen=True, slots=True)
class Lists:
    """A text in which things may be listed. goods, colours: where it names either, for a list holds one kind.

    plain_text is the folded text; Chinese lists are looked for in the text itself, since folding makes a comma of 、.
    """

    text: str
    plain_text: str
    goods: list[Span]
    colours: list[Span]

    def before(self, start: int) -> int:
        """How many are listed right before the number that begins there; 0 where no plain list stands."""
        offset = max(0, start - _REACH)
        before = self.plain_text[offset:start]
        sizes = _SIZES.search(before)
        if sizes is not None:
            return len(_MARK.split(sizes["list"]))
        if "各" not in before[-4:]:
            return self._in_english(before, offset)
        measures = _MEASURES.search(before)
        if measures is not None:
            return len(_ONE_MEASURE.findall(measures["list"]))
        names = _NAMES.search(self.text[offset:start])
        return len(_MARK.split(names["list"])) if names is not None else 0

    def labelled_colours(self) -> int:
        """How many colours a line such as "颜色：米白、雾蓝" lists; 0 where there is none."""
        found = _LABELLED.search(self.text)
        return len(_MARK.split(found["list"])) if found is not None else 0

    def _in_english(self, before: str, offset: int) -> int:
        """The last of the list tells its kind; what stands before it counts as far as it is of that kind too."""
        found = _ENGLISH.search(before)
        if found is None:
            return 0
        items = [found.span("last")]
        end = found.end("first")
        for item in reversed(found["first"].split(",")):
            items.append((end - len(item), end))
            end -= len(item) + 1
        if _CODE.fullmatch(found["last"].strip()):
            return _in_a_row([_CODE.fullmatch(before[first:last].strip()) is not None for first, last in items])
        spans = [(offset + first, offset + last) for first, last in items]
        return max(_in_a_row([_holds_one(span, kind) for span in spans]) for kind in (self.goods, self.colours))


def _in_a_row(alike: list[bool]) -> int:
    """How many are alike from the first on; one alone is no list."""
    listed = sum(takewhile(bool, alike))
    return listed if listed > 1 else 0


def _holds_one(span: Span, kind: list[Span]) -> bool:
    return any(span[0] <= start and end <= span[1] for start, end in kind)
