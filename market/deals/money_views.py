"""Money as each side sees it: what a factory is owed and when, what a shop has in deals, and statements by month."""

from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from market.deals.earnings import coming_to
from market.deals.money_forms import AccountForm
from market.kit.edge import allow, part, work
from market.kit.errors import NotFound
from market.kit.outbox import publish
from market.payments import queries as payments
from market.payments import service as provider
from market.payments.gateways.base import Gateway, Refused, Unreachable
from market.production import queries as production
from market.settlement import queries as settlement
from market.settlement.events import PayoutRetryAsked
from market.settlement.statements import statement_of

bp = Blueprint("money", __name__, template_folder="templates", url_prefix="/money")
Answer = Response | str | tuple[str, int]
MARKET_HOURS = timedelta(hours=8)
MONTHS_LISTED = 6


@bp.get("")
@allow("factory", "seller")
def show() -> Answer:
    """What the reader is owed and when; of a shop, its money in deals."""
    return _shop_page() if work().actor.role == "seller" else _factory_page(AccountForm(formdata=None))


@bp.get("/account")
@allow("factory")
def account_card() -> str:
    """Where the factory is paid: fetched by an open page when the provider has answered."""
    account = payments.payout_account(work().session, work().organisation_id)
    return render_template("deals/_payout_account.html", account=account, form=AccountForm(formdata=None))


@bp.post("/account")
@allow("factory")
def open_account() -> Answer:
    """Ask the provider for the account that a factory is paid to; its page is opened once it is there."""
    form = AccountForm()
    if not form.validate_on_submit():
        return _factory_page(form), 422
    provider.open_account(work(), work().organisation_id, form.country.data, current_user.email)
    flash(_("Your payout account is being opened. Then the provider asks for your bank."), "ok")
    return redirect(url_for("money.show"), 303)


@bp.route("/account/page", methods=["GET", "POST"])
@allow("factory")
def account_page() -> Response:
    """Lead to the provider's own page, where a factory names its bank; a page that grew old leads here again."""
    account = payments.payout_account(work().session, work().organisation_id)
    if account is None or not account.gateway_id:
        raise NotFound
    again, back = (work().settings.public_address + url_for(name) for name in ("money.account_page", "money.show"))
    key = str(work().new_id())
    gateway = part(Gateway)  # type: ignore[type-abstract]  # a seam
    # No transaction stays open while somebody else is waited for.
    work().session.commit()
    try:
        address = gateway.onboarding_page(account.gateway_id, back, again, key)
    except (Refused, Unreachable):
        flash(_("The payment provider does not answer now. Nothing is lost; please try again in a minute."), "error")
        return redirect(url_for("money.show"), 303)
    return redirect(address, 303)


@bp.post("/again")
@allow("factory")
def send_again() -> Response:
    """The bank account is right as it is: what bounced is sent once more."""
    publish(work(), PayoutRetryAsked(work().organisation_id))
    flash(_("Noted: it is sent again within minutes."), "ok")
    return redirect(url_for("money.show"), 303)


@bp.get("/statement")
@allow("factory", "seller")
def statement() -> str:
    """Everything that moved on the reader's accounts in one month; it prints."""
    first = _month(request.args.get("month", ""))
    since, until = _moment(first), _moment(_next_month(first))
    found = statement_of(work().session, work().organisation_id, since, until)
    deals = {line.deal_id for account in found for line in account.lines if line.deal_id is not None}
    return render_template(
        "deals/statement.html",
        accounts=found,
        first=first,
        last=_next_month(first) - timedelta(days=1),
        deals={deal_id: production.deal(work().session, deal_id) for deal_id in deals},
    )


def _factory_page(form: AccountForm) -> str:
    own, session = work().organisation_id, work().session
    sent = settlement.remittances_of(session, own)
    return render_template(
        "deals/money_factory.html",
        owed=settlement.owed_to(session, own),
        coming=coming_to(session, own, work().today),
        sent=sent,
        bounced=[row for row in sent if row.state.value == "bounced" and not row.cleared_at],
        account=payments.payout_account(session, own),
        can_be_paid=payments.can_be_paid(session, own),
        form=form,
        months=_months(),
        pay_days=settlement.PAY_WITHIN.days,
    )


def _shop_page() -> str:
    own, session = work().organisation_id, work().session
    shares = production.shares_of_shop(session, own)
    return render_template(
        "deals/money_shop.html",
        shares=[(share, settlement.dues_of_share(session, share.id)) for share in shares],
        months=_months(),
    )


def _months() -> list[date]:
    """The newest months, this one first."""
    months = [work().today.replace(day=1)]
    while len(months) < MONTHS_LISTED:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months


def _month(text: str) -> date:
    """The first day of the month that an address names, of this month where it names none. Raises NotFound."""
    if not text:
        return work().today.replace(day=1)
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise NotFound from None


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _moment(day: date) -> datetime:
    """When a day of the market begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - MARKET_HOURS
