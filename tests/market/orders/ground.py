"""Names that the tests of orders share."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from market.kit.db import Scope, Tenant, act_as
from market.kit.work import Actor, Work

SHOP = UUID(int=0xA11CE)
RIVAL = UUID(int=0xB0B)
MARKET = UUID(int=1)

WorkFor = Callable[[UUID], Work]


def as_operator(work: Work) -> Work:
    """The same unit of work in the hands of an operator, who sees all shops."""
    act_as(work.session, Tenant(Scope.OPERATOR, MARKET))
    return replace(work, actor=Actor(MARKET, None, "an operator", "operator"))
