"""What the synthetic factories answer, and what some shops award, so that no page of the demo is empty."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from market.factories.queries import FactoryProfile, profiles
from market.identity.queries import organisation
from market.kit.clock import FrozenClock
from market.kit.errors import Conflict
from market.kit.money import Money
from market.kit.work import Actor, Work
from market.leads import service as leads
from market.leads.queries import LeadCard, inbox, offering_of_order
from market.orders.queries import OrderRow, all_orders_page
from market.quotes.ladder import QuoteDraft
from market.quotes.queries import QuoteRow, quotes_of_offering
from market.quotes.service import award_quote, submit_quote
from market.wiring import Market

QUOTES, DECLINES, COUNTERS = 0.45, 0.15, 0.08
AWARDS = 0.5
REASONS = ("capacity", "price", "process", "time")
LADDER = (100, 300, 500, 1000)


def reply_as_factories(
    market: Market, clock: FrozenClock, seed: int, *, factories: list[UUID], quiet: set[UUID], until: datetime
) -> int:
    """Let every factory but the quiet ones work through its inbox; returns how many leads were answered."""
    chance = random.Random(seed + 2)  # noqa: S311 (a demo, not a secret)
    answered = 0
    for factory_id in factories:
        if factory_id in quiet:
            continue
        with market.sessions() as session:
            work = market.system_work(session)
            profile = profiles(session, [factory_id])[factory_id]
            acting = replace(work, actor=Actor(factory_id, None, profile.name, "factory"))
            for card in inbox(session, factory_id, size=200).rows:
                answered += answer(acting, card, profile, chance)
            session.commit()
        clock.moment = min(until - timedelta(hours=1), clock.moment + timedelta(seconds=chance.randint(60, 240)))
    return answered


def answer(work: Work, card: LeadCard, profile: FactoryProfile, chance: random.Random) -> bool:
    """One factory's answer to one lead, by the luck of the draw; False when it does nothing."""
    draw = chance.random()
    leads.view_lead(work, card.id)
    try:
        if draw < QUOTES:
            submit_quote(work, card.id, ladder_of(profile, card, chance))
        elif draw < QUOTES + DECLINES:
            leads.decline_lead(work, card.id, chance.choice(REASONS))
        elif draw < QUOTES + DECLINES + COUNTERS and card.offering.due_on:
            later = card.offering.due_on + timedelta(days=chance.randint(3, 9))
            leads.counter_lead(work, card.id, later, None, "")
        else:
            return False
    except Conflict:
        return False
    return True


def ladder_of(profile: FactoryProfile, card: LeadCard, chance: random.Random) -> QuoteDraft:
    """A price ladder around what the buyer hopes to pay, falling with quantity, as the factory's size would have it."""
    target = int(card.offering.brief.get("target_price_minor") or profile.unit_price_low_minor or 3000)
    base = max(100, round(target * chance.uniform(0.92, 1.2)))
    minimum = profile.minimum_quantity or LADDER[0]
    own = card.offering.quantity
    quantities = sorted({min(minimum, own), own, *(step for step in LADDER if step > min(minimum, own))})
    steps = tuple((quantity, Money(price_at(base, own, quantity), "CNY")) for quantity in quantities)
    return QuoteDraft(
        steps=steps,
        lead_time_days=profile.lead_time_days or 20,
        minimum_quantity=quantities[0],
        sample_fee=Money(chance.choice((8000, 15000, 26000, 38000)), "CNY"),
        sample_days=profile.sample_days,
        valid_days=14,
    )


def price_at(base: int, own: int, quantity: int) -> int:
    """`base` at the order's own quantity; eight per cent less for each doubling."""
    doublings = max(-3.0, min(5.0, (quantity / own - 1) if quantity < own else (quantity / own) ** 0.5 - 1))
    return max(1, round(base * (1 - 0.08 * doublings)))


def award_as_shops(market: Market, seed: int, *, most: int) -> int:
    """Let some shops award an order that stands alone and has quotes, to the cheapest; returns how many did."""
    chance = random.Random(seed + 3)  # noqa: S311 (a demo, not a secret)
    with market.sessions() as session:
        work = market.system_work(session)
        rows = [row for row in all_orders_page(session, size=200).rows if row.state.value == "quoting"]
        chosen = [(row, best_quote(work, row)) for row in rows if chance.random() < AWARDS]
        awards = [(row, best) for row, best in chosen if best is not None][:most]
        for row, best in awards:
            shop = organisation(session, row.organisation_id)
            acting = replace(work, actor=Actor(shop.id, None, shop.name, "seller"))
            award_quote(acting, row.id, best.id, row.version)
        session.commit()
    return len(awards)


def best_quote(work: Work, row: OrderRow) -> QuoteRow | None:
    """The cheapest open quote on an order that stands alone; None when there is none."""
    offering = offering_of_order(work.session, row.organisation_id, row.id)
    if offering is None or offering.pool_id is not None:
        return None
    priced = [(found.price_at(row.quantity), found) for found in quotes_of_offering(work.session, offering.id)]
    usable = [(price.minor, found.version, found) for price, found in priced if price is not None]
    return min(usable, key=lambda one: one[0])[2] if usable else None
