"""The command door: `flask --app app <command>`."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from market.audit import broken_promises
from market.demo.build import build_demo
from market.kit.databases import reach_database
from market.kit.edge import EXTENSION
from market.kit.postgres import ServerFault
from market.supervisor import StartFault, address_in, bring_tables_up_to_date, running_address, sign_in_lines
from market.wiring import Market


def register_commands(app: Flask) -> None:
    """Give the application its commands; they work on the market that it was built over."""
    market = app.extensions[EXTENSION][Market]

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
