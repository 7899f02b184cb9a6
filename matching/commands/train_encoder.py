"""Trains the bilingual static encoder from the vertical packs and saves it as a sentence-transformers folder.

Takes about five minutes on one processor core. The same packs and seed give the same files.
"""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Final

from matching.command_line.arguments import whole_argument
from matching.command_line.progress import track
from matching.encoder.concepts import concepts_of
from matching.tables import refuse
from matching.verticals.pack import PackError, load_vocabulary

EXAMPLE: Final = "train-encoder --out my-encoder"
_MARK: Final = "modules.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder to write, new or holding an earlier model")
    parser.add_argument("--packs", type=Path, help="folder of vertical packs (default: those of the product)")
    parser.add_argument("--steps", type=whole_argument, default=2400, help="training steps (default 2400)")


def run(arguments: argparse.Namespace) -> int:
    target: Path = arguments.out
    if target.exists() and not (target / _MARK).exists() and not (target.is_dir() and not any(target.iterdir())):
        raise refuse(str(target), "exists and is no model; accepted: a new folder or one with an earlier model")
    try:
        concepts = concepts_of(load_vocabulary(arguments.packs))
    except PackError as error:
        raise refuse(str(arguments.packs or "packs"), "; ".join(error.faults)) from error
    # Training alone needs torch, which costs every other command seconds to import.
    from matching.encoder.training import train  # noqa: PLC0415

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise refuse(str(target), f"cannot be written ({error.strerror}); accepted: a folder to write in") from error
    try:
        model = beside / "model"
        steps = arguments.steps
        train(concepts, model, arguments.seed, steps, track(range(steps), "steps", steps))
        if target.exists():
            shutil.rmtree(target)
        model.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return 0
