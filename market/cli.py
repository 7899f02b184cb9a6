"""The command door: `flask --app app <command>`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from market.audit import broken_promises
from market.demo.build import build_demo
from market.health.commands import register_backup_commands
from market.identity.queries import organisation_names
from market.kit.databases import reach_database
from market.kit.edge import EXTENSION
from market.kit.errors import DomainFault, NotFound
from market.kit.money import Money, MoneyFault, parse_money
from market.kit.postgres import ServerFault
from market.kit.work import Actor, Work
from market.measures.counting import differences, recount
from market.quality.training import Trained, train_ranker
from market.ranking.queries import VersionLine, live_ranker_id, version_lines
from market.ranking.service import roll_back
from market.replay.command import replay_code, replay_since
from market.replay.comparing import Verdict
from market.settlement.remedies import Outcome, Wanted, apply
from market.settlement.stuck_queries import Matter, Stuck, split_id, stuck
from market.settlement.thread_queries import Thread, thread
from market.supervisor import StartFault, address_in, bring_tables_up_to_date, running_address, sign_in_lines
from market.trades.commands import register_pack_commands
from market.wiring import Market

COMMAND_LINE = Actor(None, None, "the command line", "system")


def register_commands(app: Flask) -> None:
    """Give the application its commands; they work on the market that it was built over."""
    market = app.extensions[EXTENSION][Market]
    register_ranker_commands(app, market)
    register_money_commands(app, market)
    register_audit_command(app, market)
    register_pack_commands(app, lambda: acting_by_command(market))
    register_measure_commands(app, market)
    register_replay_command(app, market)
    register_backup_commands(app, lambda: acting_by_command(market))

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


def register_audit_command(app: Flask, market: Market) -> None:
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


def register_measure_commands(app: Flask, market: Market) -> None:
    group = AppGroup("measures", help="The sums that the operators' pages read.")
    app.cli.add_command(group)

    @group.command("recount")
    def recount_command() -> None:
        """Count every day anew from nothing. The worker keeps the sums by itself; this is for doubt."""
        with acting_by_command(market) as work:
            days = recount(work)
        click.echo(f"{days} days were counted.")

    @group.command("check")
    def check_command() -> None:
        """Hold every sum against a fresh count. Exits 1 when one differs."""
        with acting_by_command(market) as work:
            wrong = list(differences(work.session))
        for day, table, rows in wrong:
            click.echo(f"{day} {table}: {rows} rows differ")
        if wrong:
            raise SystemExit(1)
        click.echo("Every sum equals a fresh count.")


def register_replay_command(app: Flask, market: Market) -> None:
    @app.cli.command("replay")
    @click.argument("code", required=False)
    @click.option("--all", "everything", is_flag=True, help="Every ranking that is kept, or those --since a day.")
    @click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only rankings made from this day (UTC) on.")
    def replay_command(code: str | None, everything: bool, since: datetime | None) -> None:
        """Make the rankings of an order or pool (CODE, like R-1024) again; exits 1 when one differs."""
        if (code is None) == (not everything):
            raise click.UsageError("name one order or pool, like R-1024, or --all")
        with acting_by_command(market) as work:
            if code is not None:
                counts = replay_code(work.session, market.rebuilder, code, click.echo)
            else:
                day = date.min if since is None else since.date()
                counts = replay_since(work.session, market.rebuilder, day, click.echo)
        click.echo(", ".join(f"{count} {verdict.value}" for verdict, count in counts.items()))
        raise SystemExit(1 if counts[Verdict.DIFFERS] else 0)


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


def register_money_commands(app: Flask, market: Market) -> None:
    """`money stuck|show` and what moves it: `retry|returned|remind|give-up|dismiss|set-off|write-off`."""
    group = AppGroup("money", help="Money that stopped: what, why, and what moves it again.")
    app.cli.add_command(group)
    matters = click.Choice([matter.value for matter in Matter])

    @group.command("stuck")
    def stuck_command() -> None:
        """Print everything that stopped, the most urgent first; exits 1 when there is something."""
        with acting_by_command(market) as work:
            rows = stuck(work.session, work.now)
            owners = {owner for row in rows for owner in (row.payer_id, row.factory_id) if owner}
            names = organisation_names(work.session, owners)
            for row in rows:
                click.echo(told_stuck(row, names, work))
        click.echo(f"{len(rows)} stuck." if rows else "Nothing is stuck.")
        raise SystemExit(1 if rows else 0)

    @group.command("show")
    @click.argument("matter", type=matters)
    @click.argument("identifier")
    def show_command(matter: str, identifier: str) -> None:
        """Print the whole history of one thing that `money stuck` names by MATTER and IDENTIFIER."""
        with acting_by_command(market) as work:
            for line in told_thread(thread(work.session, work.now, Matter(matter), identifier)):
                click.echo(line)

    register_mending_commands(group, market)
    register_debt_commands(group, market)


def register_mending_commands(group: AppGroup, market: Market) -> None:
    reason = click.option("--why", required=True, help="The reason, which the history keeps.")

    @group.command("retry")
    @click.argument("matter", type=click.Choice(["call", "refund", "reversal", "payout", "news"]))
    @click.argument("identifier")
    @reason
    def retry_command(matter: str, identifier: str, why: str) -> None:
        """Do it once more; of a call, the provider is asked first whether it was done."""
        remedy(market, Wanted(Matter(matter), identifier, "again", why))

    @group.command("returned")
    @click.argument("identifier")
    @reason
    def returned_command(identifier: str, why: str) -> None:
        """A refund that cannot arrive went back by a bank transfer of the market's own, which --why names."""
        remedy(market, Wanted(Matter.REFUND, identifier, "by_hand", why))

    @group.command("remind")
    @click.argument("matter", type=click.Choice(["payout", "late", "due"]))
    @click.argument("identifier")
    @reason
    def remind_command(matter: str, identifier: str, why: str) -> None:
        """Tell the payer of a due, or the factory whose payout account is not in order."""
        remedy(market, Wanted(Matter(matter), identifier, "remind", why))

    @group.command("give-up")
    @click.argument("identifier")
    @reason
    def give_up_command(identifier: str, why: str) -> None:
        """Give up a stuck call that the provider never made."""
        remedy(market, Wanted(Matter.CALL, identifier, "give_up", why))

    @group.command("dismiss")
    @click.argument("identifier")
    @reason
    def dismiss_command(identifier: str, why: str) -> None:
        """Put away news of the provider that is about nothing of ours."""
        remedy(market, Wanted(Matter.NEWS, identifier, "dismiss", why))


def register_debt_commands(group: AppGroup, market: Market) -> None:
    amount = click.option(
        "--amount", required=True, help="All that it owes, like 128.50, so that nothing moves unseen."
    )
    reason = click.option("--why", required=True, help="The reason, which the history keeps.")

    @group.command("set-off")
    @click.argument("debt")
    @amount
    @reason
    def set_off_command(debt: str, amount: str, why: str) -> None:
        """Take a DEBT (FACTORY.CURRENCY) out of what is payable to its factory, as far as that reaches."""
        remedy(market, Wanted(Matter.DEBT, debt, "set_off", why, read_debt(debt, amount).minor))

    @group.command("write-off")
    @click.argument("debt")
    @amount
    @reason
    def write_off_command(debt: str, amount: str, why: str) -> None:
        """Let the market bear a DEBT (FACTORY.CURRENCY)."""
        remedy(market, Wanted(Matter.DEBT, debt, "write_off", why, read_debt(debt, amount).minor))


def read_debt(debt: str, amount: str) -> Money:
    """The amount of a debt as it was typed. Raises UsageError for one that is none."""
    parts = split_id(debt)
    try:
        return parse_money(amount, parts[1] if parts else "")
    except MoneyFault as fault:
        raise click.UsageError(f"{amount} of {debt} is no debt: {fault}") from None


OUTCOMES = {
    Outcome.HAPPENED: "The provider had done it; its answer is recorded. Nothing was done twice.",
    Outcome.ASKED: "The provider never did it; it is asked anew.",
    Outcome.GIVEN_UP: "The provider never did it; it is given up.",
    Outcome.REFUND_ASKED: "The refund is asked again.",
    Outcome.RETURNED: "It is recorded as returned by a bank transfer; its payer is told.",
    Outcome.FETCHED: "The money is fetched back again.",
    Outcome.SENT_AGAIN: "The next sweep sends it again.",
    Outcome.FOUND: "What it is about was found; it is handled.",
    Outcome.STILL_PARKED: "It is still about nothing that we know.",
    Outcome.DISMISSED: "It is put away.",
    Outcome.SET_OFF: "The debt is set off.",
    Outcome.WRITTEN_OFF: "The debt is written off.",
    Outcome.REMINDED: "The reminder is sent.",
}


def remedy(market: Market, wanted: Wanted) -> None:
    """Do what a command wants and say what came of it. Exits 1 with one line where nothing was done."""

    @contextmanager
    def unit() -> Iterator[Work]:
        with market.sessions() as session:
            yield replace(market.system_work(session), actor=COMMAND_LINE)
            session.commit()

    with told_when_unreachable():
        try:
            outcome = apply(unit, market.gateway, wanted)
        except NotFound:
            raise click.ClickException(f"There is no {wanted.matter.value} {wanted.id}.") from None
        except DomainFault as fault:
            raise click.ClickException(fault.message) from None
    click.echo(OUTCOMES[outcome])
    if outcome is Outcome.STILL_PARKED:
        raise SystemExit(1)


def told_stuck(row: Stuck, names: Mapping[UUID, str], work: Work) -> str:
    """One thing that stopped, in one line: what, since when, how much, whose, and what moves it."""
    money = f"{row.money.major()} {row.money.currency}" if row.money else "-"
    parties = " -> ".join(names.get(owner, str(owner)) for owner in (row.payer_id, row.factory_id) if owner)
    what = " ".join(part for part in (row.detail, row.state) if part)
    can = "|".join(row.verbs) or "-"
    days = (work.now - row.since).total_seconds() / 86_400
    return f"{row.matter.value:8} {row.id}  {days:5.1f}d  {money}  {parties or '-'}  [{what}] {row.why}  can: {can}"


def told_thread(found: Thread) -> Iterator[str]:
    """A history, line by line: movements with their entries, calls, news, and what people did."""
    yield "stuck" if found.row else "stuck no longer"
    for moved in found.movements:
        yield f"{moved.at:%Y-%m-%d %H:%M}Z {moved.kind.value} {moved.money.major()} {moved.money.currency} {moved.why}"
        for line in moved.lines:
            yield f"    {line.account.value:16} {line.money.major():>14} {line.money.currency}  {line.owner_id}"
    for call in found.calls:
        told = f"{call.kind.value} {call.state.value}, {call.tries} tries {call.why}"
        yield f"{call.asked_at:%Y-%m-%d %H:%M}Z call {told}"
    for news in found.news:
        yield f"{news.received_at:%Y-%m-%d %H:%M}Z news {news.kind} {news.object_id} {news.state.value} {news.why}"
    for past in found.past:
        yield f"{past.at:%Y-%m-%d %H:%M}Z {past.actor_name}: {past.aggregate} {past.what} {past.why}"


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
