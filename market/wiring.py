"""The composition root: the only file that names concrete adapters, and the table of who hears which event."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, TypeVar
from uuid import UUID

import click
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy.orm import Session, sessionmaker

from market import handlers
from market.config import Settings
from market.disputes import clocks as dispute_clocks
from market.disputes import flows as disputes
from market.disputes.events import DisputeEscalated, DisputeOpened, DisputeSettled, DisputeTold
from market.experiments.events import ShadowAsked
from market.experiments.guard import watch_split
from market.experiments.shadowing import back_fill, shadow_offered
from market.factories.certificates import retire_expired_certificates
from market.factories.events import FactoryChanged, QuestionAnswered
from market.factories.service import reopen_due_factories
from market.health.alarms import watch_health
from market.health.service import forget_faults
from market.identity import queries as identity
from market.identity.events import OrganisationPaused, OrganisationResumed
from market.kit.clock import Clock, SkippingClock, SystemClock
from market.kit.databases import checked_address, psycopg_url, reach_database
from market.kit.db import SYSTEM, act_as, make_engine, make_sessions
from market.kit.edge import OfThisWork
from market.kit.errors import NotFound
from market.kit.ids import NewId, new_id
from market.kit.live import LiveNews
from market.kit.outbox import Event, Handler
from market.kit.work import SYSTEM_ACTOR, Actor, Work
from market.leads import flows as leads
from market.leads.asking import ask_after_answer, ask_changed_factory, ask_factories
from market.leads.events import (
    CounterAnswered,
    LeadAccepted,
    LeadCountered,
    LeadDeclined,
    LeadExpired,
    LeadsMissing,
    LeadsOffered,
)
from market.leads.offering import chase_unmatched
from market.leads.service import expire_due_leads
from market.materials import flows as materials
from market.materials.events import DemandShared, MaterialPrepared, PreparationEnded, RecipesChanged
from market.materials.preparing import close_silent_preparations
from market.measures.counting import count_touched_days
from market.measures.drift import watch_drift
from market.moderation import flows as moderation
from market.orders.events import OrderPosted, OrderRejected, OrdersImported, OrderTermsChanged, OrderWithdrawn
from market.orders.imports import announce_imported
from market.orders.service import expire_orders
from market.payments import sweeps as payment_sweeps
from market.payments.events import (
    PaymentAuthorised,
    PaymentFailed,
    PaymentTaken,
    PayoutAccountChanged,
    PayoutFailed,
    PayoutPaid,
    RefundFailed,
    RefundSucceeded,
    ReversalMade,
    ReversalRefused,
    TransferMade,
    TransferRefused,
)
from market.payments.gateways.base import Gateway
from market.payments.gateways.stripe_gateway import StripeGateway
from market.pooling import flows as pooling
from market.pooling.events import OrderLeftAlone, PoolChanged, PoolChosen, PoolClosed, PoolDissolved, PoolLeaveAsked
from market.pooling.service import close_due_pools
from market.production import clocks as deal_clocks
from market.production import flows as production
from market.production.events import (
    DealAccepted,
    DealCancelled,
    DealOpened,
    DealRejected,
    MemberSpoke,
    MilestoneLate,
    PaymentAsked,
    PaymentDropped,
    RunMoved,
    ShareAccepted,
    ShareLeft,
)
from market.production.watching import watch_milestones
from market.quality.training import train_ranker
from market.quotes import flows as quotes
from market.quotes.events import QuoteAwarded, QuoteChosen, QuoteSubmitted
from market.quotes.service import expire_due_quotes
from market.ranking.asking import AskedOfWorker
from market.ranking.encoder_queries import EncoderState
from market.ranking.encoders import Encoders
from market.ranking.ranker import Ranker
from market.records import flows as records
from market.records.service import count_stale_records
from market.replay.rebuilding import Rebuilder
from market.replenishment import flows as replenishment
from market.replenishment.events import ItemChanged, SalesTakenIn, SuggestionsMade
from market.reviews import flows as reviews
from market.reviews.events import ReviewWritten
from market.reviews.service import publish_due_reviews
from market.rooms import flows as rooms
from market.rooms.events import HelpAsked
from market.settlement import flows as settlement
from market.settlement import gateway_flows
from market.settlement.events import PayoutRetryAsked
from market.verticals.live import live_vocabulary
from matching.encoder.load import load_embedder, load_without_torch
from matching.ports import Embedder, Mapper
from matching.verticals.pack import Vocabulary, load_vocabulary
from matching.workers.choose import open_workers
from matching.workers.processes import Processes

EventHandlers = Mapping[type[Event], tuple[Handler, ...]]
Sweep = Callable[[Work], Any]
Doer = TypeVar("Doer", Ranker, Rebuilder)


@dataclass(frozen=True)
class Market:
    """Everything long-lived, built once a process."""

    settings: Settings
    clock: Clock
    new_id: NewId
    database_url: str
    engine: DatabaseEngine
    sessions: sessionmaker[Session]
    ranker: Ranker
    rebuilder: Rebuilder
    live: LiveNews
    handlers: EventHandlers
    gateway: Gateway

    @property
    def parts(self) -> dict[type, object]:
        """What views may ask for by class (market.kit.edge.part)."""
        return {
            Market: self,
            Vocabulary: OfThisWork(lambda work: live_vocabulary(work.session)),
            Ranker: self.ranker,
            Rebuilder: self.rebuilder,
            LiveNews: self.live,
            Gateway: self.gateway,
        }

    @property
    def vocabulary(self) -> Vocabulary:
        """The packs in use at this moment."""
        with self.unit() as work:
            return live_vocabulary(work.session)

    def work(self, session: Session, actor: Actor = SYSTEM_ACTOR) -> Work:
        return Work(session, actor, self.clock.now(), self.new_id, self.settings)

    def system_work(self, session: Session) -> Work:
        """A unit of work of a job or command, which sees every organisation."""
        act_as(session, SYSTEM)
        return self.work(session)

    @contextmanager
    def unit(self) -> Iterator[Work]:
        """A unit of work of a job, committed when it ends well."""
        with self.sessions() as session:
            yield self.system_work(session)
            session.commit()

    def member(self, session: Session, organisation_id: UUID, user_id: UUID) -> Actor | None:
        """The actor that a signed-in person is; None while its organisation is paused or gone."""
        try:
            row = identity.organisation(session, organisation_id)
        except NotFound:
            return None
        return Actor(organisation_id, user_id, row.name, row.kind) if row.state == "active" else None


def assemble(settings: Settings, clock: Clock | None = None, *, loads_torch: bool = True) -> Market:
    """Build the market that the settings describe. loads_torch: False in processes that must not, however it is set.

    Connects to nothing yet, but without DATABASE_URL the embedded server of the data folder is started (or, where
    `make run` holds it, used) until this process ends. Raises ServerFault for an address that is none.
    """
    database_url = settings.database_url or reach_database(None, settings.data_folder, click.echo).application_url
    engine = make_engine(checked_address(database_url).render_as_string(hide_password=False))
    sessions = make_sessions(engine)
    encoders = all_encoders(settings.embedder) if loads_torch else light_encoders(settings.embedder, sessions)
    ranker = Ranker(load_vocabulary(), encoders)
    return Market(
        settings=settings,
        clock=clock or usual_clock(settings),
        new_id=new_id,
        database_url=database_url,
        engine=engine,
        sessions=sessions,
        ranker=ranker,
        rebuilder=Rebuilder(ranker),
        live=LiveNews(psycopg_url(database_url)),
        handlers=table_of_handlers(ranker),
        gateway=payment_gateway(settings),
    )


def usual_clock(settings: Settings) -> Clock:
    """The time; in a demo whose payments are the sandbox's, days can be skipped."""
    skips = settings.demo and settings.gateway.is_sandbox
    return SkippingClock(settings.data_folder / "skipped") if skips else SystemClock()


def payment_gateway(settings: Settings) -> Gateway:
    """The payment provider; our sandbox is Stripe's adapter at another address. Connects to nothing yet."""
    chosen = settings.gateway
    return StripeGateway(chosen.api_key, chosen.webhook_secret, chosen.address, float(chosen.timeout_seconds))


def all_encoders(setting: str) -> Encoders:
    """The encoders of a process that may load any model."""
    return Encoders(load_embedder(setting), setting)


def light_encoders(setting: str, sessions: sessionmaker[Session]) -> Encoders:
    """The encoders of a process that never loads torch: static models, and any other one asked of a worker.

    Until a worker has announced the market's encoder, it stands on the shipped one.
    """

    def load(state: EncoderState) -> Embedder:
        found = load_without_torch(state.setting)
        return found if found is not None and found.model_id == state.id else AskedOfWorker(state, sessions)

    own = load_without_torch(setting)
    return Encoders(load_embedder(), "", load) if own is None else Encoders(own, setting, load)


@contextmanager
def forecast_workers(setting: str) -> Iterator[Mapper]:
    """Where forecasts are made: a process beside this one, which models may fill and slow, or what the setting names.

    Raises WorkersError for a setting that names nothing.
    """
    if not setting:
        yield Processes(1)
        return
    with open_workers(setting) as workers:
        yield workers


def with_ranker(ranker: Doer, handler: Callable[[Work, Doer, Any], None]) -> Handler:
    """A handler that ranks factories, now or once more, as one of (work, event), under its own name."""

    @wraps(handler)
    def handle(work: Work, event: Any) -> None:
        handler(work, ranker, event)

    return handle


OF_FORECASTS: EventHandlers = {
    SalesTakenIn: (replenishment.look_at_new_sales,),
    ItemChanged: (replenishment.look_at_changed_item,),
    SuggestionsMade: (materials.tell_of_shared_demand,),
    DemandShared: (materials.tell_of_shared_demand,),
    RecipesChanged: (materials.follow_recipes,),
    MaterialPrepared: (materials.split_among_shops,),
    PreparationEnded: (materials.settle_among_shops,),
}
OF_DEALS: EventHandlers = {
    DealOpened: (settlement.freeze_terms_of_deal,),
    PaymentAsked: (settlement.ask_for_payment,),
    PaymentDropped: (settlement.drop_payment,),
    ShareLeft: (settlement.end_left_share,),
    MemberSpoke: (production.count_members,),
    RunMoved: (production.move_pool_with_run,),
    MilestoneLate: (handlers.raise_late_rooms,),
    ShareAccepted: (reviews.open_for_accepted,),
    DealAccepted: (settlement.release_accepted_deal, records.count_of_deal),
    DealCancelled: (settlement.end_cancelled_deal, records.count_of_deal),
    DealRejected: (disputes.dispute_rejected_run,),
    DisputeOpened: (disputes.freeze_disputed, reviews.wait_for_dispute),
    DisputeTold: (disputes.pass_on,),
    DisputeEscalated: (disputes.call_market,),
    DisputeSettled: (disputes.settle_dispute, reviews.go_on_after_dispute, records.count_of_dispute),
    ReviewWritten: (reviews.count_reviews,),
}


OF_PAYMENTS: EventHandlers = {
    PaymentAuthorised: (gateway_flows.count_authorised,),
    PaymentTaken: (gateway_flows.hold_taken,),
    PaymentFailed: (gateway_flows.follow_failed,),
    RefundSucceeded: (gateway_flows.count_refund,),
    RefundFailed: (gateway_flows.hold_failed_refund,),
    TransferMade: (gateway_flows.pay_out_transferred,),
    TransferRefused: (gateway_flows.follow_refused_transfer,),
    ReversalMade: (gateway_flows.count_reversal,),
    ReversalRefused: (gateway_flows.tell_of_stuck_reversal,),
    PayoutPaid: (gateway_flows.settle_paid,),
    PayoutFailed: (gateway_flows.fetch_back_failed,),
    PayoutAccountChanged: (gateway_flows.try_bounced_again,),
    PayoutRetryAsked: (gateway_flows.send_bounced_again,),
}


WITHOUT_RANKER: EventHandlers = {**OF_FORECASTS, **OF_DEALS, **OF_PAYMENTS}


def table_of_handlers(ranker: Ranker) -> EventHandlers:
    """Event -> who hears it, in order. Upward news travels through this table and nowhere else."""
    ranked = partial(with_ranker, ranker)
    again = partial(with_ranker, Rebuilder(ranker))
    return {
        **WITHOUT_RANKER,
        OrderPosted: (pooling.gather_posted_order, replenishment.note_posted_order, moderation.score_posted),
        OrdersImported: (announce_imported,),
        OrderLeftAlone: (ranked(leads.offer_left_alone),),
        OrderTermsChanged: (
            pooling.follow_changed_terms,
            quotes.void_quotes_on_old_terms,
            ranked(leads.offer_changed_terms),
        ),
        OrderWithdrawn: (
            pooling.leave_with_withdrawn_order,
            quotes.void_quotes_on_closed_order,
            leads.withdraw_with_order,
        ),
        OrderRejected: (
            pooling.leave_with_rejected_order,
            quotes.void_quotes_on_closed_order,
            leads.withdraw_rejected_order,
        ),
        PoolChanged: (ranked(leads.offer_changed_pool),),
        PoolLeaveAsked: (pooling.leave_as_asked,),
        PoolChosen: (quotes.award_chosen_quote,),
        PoolClosed: (quotes.decide_closed_pool,),
        PoolDissolved: (quotes.void_quotes_on_ended_pool, leads.withdraw_dissolved_pool),
        LeadsOffered: (leads.tell_buyers_of_offer, again(shadow_offered)),
        ShadowAsked: (again(back_fill),),
        LeadAccepted: (quotes.award_taken_repeat, leads.tell_buyers_of_acceptance),
        LeadDeclined: (
            quotes.withdraw_with_decline,
            ranked(leads.ask_next_after_decline),
            leads.show_buyers_decline,
        ),
        LeadCountered: (leads.tell_buyers_of_counter,),
        LeadExpired: (ranked(leads.ask_next_after_expiry), leads.show_buyers_expiry),
        LeadsMissing: (ranked(leads.ask_missing),),
        CounterAnswered: (leads.count_counter_answer,),
        QuoteSubmitted: (quotes.tell_buyers_of_quote,),
        QuoteChosen: (quotes.count_chosen_quote,),
        QuoteAwarded: (materials.remember_maker, production.open_awarded_deal, rooms.open_awarded_room),
        HelpAsked: (rooms.raise_on_request,),
        FactoryChanged: (leads.follow_factory, ranked(ask_changed_factory)),
        QuestionAnswered: (ranked(ask_after_answer),),
        OrganisationPaused: (leads.withdraw_paused_buyer, handlers.withdraw_everything),
        OrganisationResumed: (handlers.open_again,),
    }


NIGHTLY: tuple[Callable[[Work, Ranker], Any], ...] = (
    train_ranker,
    ask_factories,
    close_silent_preparations,
)
SWEEPS: tuple[Sweep, ...] = (
    expire_due_leads,
    expire_due_quotes,
    close_due_pools,
    chase_unmatched,
    reopen_due_factories,
    retire_expired_certificates,
    expire_orders,
    *payment_sweeps.SWEEPS,
    *deal_clocks.SWEEPS,
    dispute_clocks.close_old_deals,
    watch_milestones,
    dispute_clocks.remind_negotiating,
    dispute_clocks.escalate_due,
    dispute_clocks.alarm_late_decisions,
    dispute_clocks.end_remakes,
    publish_due_reviews,
    count_stale_records,
    gateway_flows.pay_factories,
    watch_health,
    forget_faults,
    count_touched_days,
    watch_drift,
    watch_split,
)
