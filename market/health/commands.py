"""`flask --app app backup | note-backup`: make a backup, or note one that was made otherwise."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click
from flask import Flask

from market.health.backup import BackupFault, dump_database
from market.health.queries import database_state
from market.health.service import note_backup
from market.kit.databases import reach_database
from market.kit.postgres import bundled_programs
from market.kit.work import Work

Unit = Callable[[], AbstractContextManager[Work]]


def register_backup_commands(app: Flask, unit: Unit) -> None:
    """unit: a unit of work of the command line, committed when it ends well."""

    @app.cli.command("backup")
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    def backup_command(file: Path) -> None:
        """Dump the whole database into FILE (for pg_restore) while the market runs, and note it for the operators."""
        with unit() as work:
            settings, version = work.settings, database_state(work.session).version
            access = reach_database(settings.database_url, settings.data_folder, click.echo)
            try:
                size = dump_database(access.owner_url, version, file, bundled_programs())
            except BackupFault as fault:
                raise click.ClickException(str(fault)) from None
            note_backup(work, str(file.resolve()), size)
        click.echo(f"{file}: {size} bytes")

    @app.cli.command("note-backup")
    @click.argument("place")
    def note_command(place: str) -> None:
        """Note that a backup was made otherwise, and where (PLACE) it is."""
        with unit() as work:
            note_backup(work, place, None)
        click.echo("Noted.")
