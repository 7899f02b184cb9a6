"""The way into a room from pages of lower capabilities: a buyer's order and its purchase order."""

from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from market.kit.edge import work
from market.rooms import queries


def order_section(order_id: UUID, organisation_id: UUID, **_subject: Any) -> Markup | str:
    """The room of an order, for who takes part in it; empty for everybody else and before there is one."""
    own = work().actor.organisation_id
    found = queries.room_of(work().session, organisation_id, "order", order_id)
    if own is None or found is None or found.member(own) is None:
        return ""
    line = queries.room_line(work().session, own, found)
    return Markup(render_template("rooms/_way_in.html", line=line))  # noqa: S704 (our template)
