"""A trade that is not shipped, and the verbs of an operator who publishes it in a town."""

from pathlib import Path
from typing import Any

from market.verticals.live import newest
from market.verticals.models import PackVersion
from market.verticals.service import publish_pack, restore_pack, retire_pack
from matching.verticals.pack import Vocabulary
from tests.market.town import Town

EYEWEAR = Path(__file__).with_name("eyewear.yaml").read_text(encoding="utf-8")
FRAMES: dict[str, Any] = {
    "vertical": "eyewear",
    "category": "acetate-frame",
    "processes": ("frame-milling", "barrel-tumbling"),
    "attributes": (("lens_width", "50"),),
}
FRAME_MAKER: dict[str, Any] = {
    "vertical": "eyewear",
    "categories": ("acetate-frame",),
    "processes": ("frame-milling", "barrel-tumbling"),
    "materials": ("cellulose-acetate-sheet",),
    "attributes": {"lens_width": ("40-55",)},
    "description": "Acetate frames, milled and tumbled",
}


def publish(town: Town, text: str = EYEWEAR, why: str = "a new trade") -> PackVersion:
    with town.work("operator") as work:
        return publish_pack(work, text, why, newest(work.session).number)


def restore(town: Town, version: int, why: str = "better before") -> None:
    with town.work("operator") as work:
        restore_pack(work, "eyewear", version, why, newest(work.session).number)


def retire(town: Town, vertical: str = "eyewear", why: str = "nobody asks") -> None:
    with town.work("operator") as work:
        retire_pack(work, vertical, why, newest(work.session).number)


def words_of(town: Town) -> Vocabulary:
    with town.work("system") as work:
        return newest(work.session).vocabulary
