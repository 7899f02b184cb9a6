"""The part of records on pages of factories: the own profile, the public page, the operator's page."""

from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from market.kit.edge import work
from market.records import queries


def factory_section(factory_id: UUID, **_subject: Any) -> Markup:
    """On the own profile: on which step the factory stands, and the way to its record."""
    return _drawn("records/_own.html", factory_id)


def factory_public_section(factory_id: UUID, **_subject: Any) -> Markup:
    """On the public page: the kept record, every part with its n."""
    return _drawn("records/_public.html", factory_id)


def operator_factory_section(factory_id: UUID, **_subject: Any) -> Markup:
    """On the operator's page: the step, its points, and the operator's word."""
    return _drawn("records/_operator.html", factory_id)


def _drawn(template: str, factory_id: UUID) -> Markup:
    standing = queries.standing(work().session, factory_id)
    return Markup(render_template(template, standing=standing))  # noqa: S704 (our template)
