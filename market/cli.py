"""The command door: `flask --app app <command>`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from market.audit import broken_promises
from market.demo.build import build_demo
from market.kit.databases import reach_database
from market.kit.edge import EXTENSION
from market.kit.errors import DomainFault
from market.kit.postgres import ServerFault
from market.kit.work import Actor, Work
from market.quality.training import Trained, train_ranker
from market.ranking.queries import VersionLine, live_ranker_id, version_lines
from market.ranking.service import roll_back
from market.supervisor import StartFault, address_in, bring_tables_up_to_date, running_address, sign_in_lines
from market.wiring import Market

COMMAND_LINE = Actor(None, None, "the command line", "system")


def register_commands(app: Flask) -> None:
    """Give the application its commands; they work on the market that it was built over."""
    market = app.extensions[EXTENSION][Market]
    register_ranker_commands(app, market)

    @app.cli.command("migrate")
    def migrate_command() -> None:
        """Bring the database to the newest schema. Safe to repeat."""
        try:
            bring_tables_up_to_date(
                reach_database(market.settings.database_url, market.settings.data_folder, click.echo)
            )
        except (ServerFault, StartFault) as fault:
            raise click.ClickException(str(fault)) from None
        click.echo("The tables are up to date.")

    demo = AppGroup("demo", help="The demo market.")
    app.cli.add_command(demo)

    @demo.command("build")
    @click.option("--seed", default=7, show_default=True, help="The same seed gives the same market.")
    def build_command(seed: int) -> None:
        """Fill an empty database with synthetic factories and real public orders. Does nothing in any other."""
        refuse_in_production(market)
        with told_when_unreachable():
            built = build_demo(market, seed, click.echo)
        if not built:
            click.echo("There is a market already; nothing was changed.")

    @app.cli.command("sign-in-links")
    def sign_in_links() -> None:
        """Print a one-click sign-in for each role of the demo market, at the address where it runs."""
        refuse_in_production(market)
        running = running_address(market.settings.data_folder)
        if running is None and market.settings.database_url is None:
            click.echo("No market runs from this data folder: these work once `make run` has started it.", err=True)
        for line in sign_in_lines(market.settings, running or address_in(market.settings)):
            click.echo(line)

    @app.cli.command("audit")
    def audit() -> None:
        """Check every promise that the data can show; exits 1 when one is broken."""
        broken = 0
        with told_when_unreachable(), market.sessions() as session:
            for promise, breaches in broken_promises(market.system_work(session)):
                click.echo(
                    f"{'ok    ' if not breaches else 'BROKEN'} {promise}" + (f": {breaches}" if breaches else "")
                )
                broken += bool(breaches)
        raise SystemExit(1 if broken else 0)


def register_ranker_commands(app: Flask, market: Market) -> None:
    """`ranker train|list|rollback`: one line for each thing that happened or stands."""
    group = AppGroup("ranker", help="The ranker versions: train, list, go back.")
    app.cli.add_command(group)

    @group.command("train")
    def train_command() -> None:
        """Learn from all outcomes until today, and publish what was learned if it is calibrated and better."""
        with acting_by_command(market) as work:
            click.echo(told_training(train_ranker(work, market.ranker)))

    @group.command("list")
    def list_command() -> None:
        """Print every version, the newest first; the live one is marked."""
        with acting_by_command(market) as work:
            lines = [told_version(line) for line in version_lines(work.session)]
        click.echo("\n".join(lines) or "No ranker was ever published; the first ranking publishes the prior one.")

    @group.command("rollback")
    @click.argument("version")
    @click.option("--why", default="", help="The reason, which the history keeps.")
    def rollback_command(version: str, why: str) -> None:
        """Make an earlier VERSION (as `ranker list` names it) live again."""
        with acting_by_command(market) as work:
            before = live_ranker_id(work.session)
            click.echo(f"{roll_back(work, version, why)} is live; it was {before}.")


def told_training(trained: Trained) -> str:
    """How a training ended, in one line."""
    figures = trained.figures
    counted = f"{figures['closed']} of {figures['leads']} leads are closed, {figures['deals']} of them deals"
    found = figures["candidate"]
    if found is not None:
        counted += f"; Brier {found['brier']:.4f}, base rate {found['base_brier']:.4f}, {found['leads']} leads held out"
    return f"{'published' if trained.published else 'kept'} {trained.version} ({trained.reason}): {counted}"


def told_version(line: VersionLine) -> str:
    chances = "calibrated" if line.calibrated else "no chances shown"
    mark = "live" if line.live else "    "
    return f"{mark} {line.id}  since {line.published_at:%Y-%m-%d %H:%M}Z  {chances}  {line.evidence} outcomes"


@contextmanager
def acting_by_command(market: Market) -> Iterator[Work]:
    """A unit of work of the whole market, committed unless something was refused, which is told in one line."""
    with told_when_unreachable(), market.sessions() as session:
        try:
            yield replace(market.system_work(session), actor=COMMAND_LINE)
        except DomainFault as fault:
            problems = "".join(f" {found.field}: {found.problem}." for found in fault.faults)
            raise click.ClickException(fault.message + problems) from None
        session.commit()


@contextmanager
def told_when_unreachable() -> Iterator[None]:
    """One line instead of a traceback when the database cannot be reached."""
    try:
        yield
    except (OperationalError, ServerFault) as fault:
        cause = fault.orig if isinstance(fault, OperationalError) else fault
        raise click.ClickException(f"the database cannot be used: {str(cause).strip().splitlines()[0]}") from None


def refuse_in_production(market: Market) -> None:
    if market.settings.production or not market.settings.demo:
        raise click.ClickException("the demo market is off: WEFT_PRODUCTION is on or WEFT_DEMO is 0")
