"""The commands of the trades: check a pack, publish one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from market.kit.work import Work
from market.trades.service import publish_text
from market.verticals.live import InUse, newest
from market.verticals.service import FaultyPack, checked_pack
from matching.verticals.pack import Pack


def register_pack_commands(app: Flask, acting: Callable[[], AbstractContextManager[Work]]) -> None:
    """`verticals check|publish FILE`: a trade's pack beside those in use. acting: a unit of work of a command."""
    group = AppGroup("verticals", help="The packs of the trades: check one, publish one.")
    app.cli.add_command(group)

    @group.command("check")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def check_command(file: Path) -> None:
        """Print every fault of a pack as FILE:LINE: place: what is wrong; exits 1 when there is one."""
        with acting() as work:
            pack = checked_by_command(newest(work.session), file)
        click.echo(f"{file.name} has no fault: {pack.name_en} / {pack.name_zh}.")

    @group.command("publish")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--why", default="", help="The reason, which the history keeps.")
    @click.option("--keep", is_flag=True, help="Terms in use that the pack lacks stay readable and are chosen no more.")
    def publish_command(file: Path, why: str, keep: bool) -> None:
        """Put a pack into use in every process, with its next request or job."""
        with acting() as work:
            now = newest(work.session)
            pack = checked_by_command(now, file)
            text = file.read_text(encoding="utf-8")
            publish_text(work, text, why, now.number, keep=keep, file=file.name)
        click.echo(f"{pack.name_en} / {pack.name_zh} is in use.")


def checked_by_command(now: InUse, file: Path) -> Pack:
    try:
        return checked_pack(now, file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError:
        raise click.ClickException(f"{file.name} is no text in UTF-8.") from None
    except FaultyPack as faulty:
        click.echo("\n".join(map(str, faulty.found)), err=True)
        raise click.ClickException(f"{file.name} cannot be used; nothing was changed.") from None
