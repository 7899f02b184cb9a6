"""How much of a profile is filled in, and what each missing part would change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from market.factories.queries import FactoryProfile
from matching.verticals.pack import Vocabulary


@dataclass(frozen=True, slots=True)
class Missing:
    """A part of the profile that is empty, and why it matters."""

    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """done of total parts are filled in; missing, the weightiest first."""

    done: int
    total: int
    missing: tuple[Missing, ...]

    @property
    def share(self) -> float:
        return self.done / self.total


# In the order of their weight for the ranking: what is a hard requirement of most orders stands first.
PARTS: Final[Mapping[str, tuple[Callable[[FactoryProfile], object], str]]] = {
    "processes": (lambda found: found.processes, "Orders are matched by process first."),
    "categories": (lambda found: found.categories, "Orders name a category; without it yours is guessed."),
    "materials": (lambda found: found.materials, "Most orders name a material."),
    "minimum_quantity": (
        lambda found: found.minimum_quantity,
        "Small orders come only when they fit your minimum.",
    ),
    "capacity_per_week": (
        lambda found: found.capacity_per_week,
        "Large orders look at what you make in a week.",
    ),
    "lead_time_days": (lambda found: found.lead_time_days, "Without it no order can tell whether you deliver in time."),
    "unit_price_low": (
        lambda found: found.unit_price_low_minor and found.unit_price_high_minor,
        "Orders with a target price are matched with your price range.",
    ),
    "region": (lambda found: found.region, "Some buyers ask for a region or a short way."),
    "certifications": (
        lambda found: found.certifications,
        "Orders that ask for a certificate look for one.",
    ),
    "certificates": (
        lambda found: found.certificates,
        "Buyers check certificates by file and date.",
    ),
    "description": (lambda found: found.description, "Buyers' own words are compared with yours."),
    "equipment": (lambda found: found.equipment, "Machines and gauges show what you can take on."),
    "sample_days": (lambda found: found.sample_days, "Buyers ask how soon a sample comes."),
    "leads_per_week": (
        lambda found: found.leads_per_week is not None,
        "Your limit keeps the inbox short.",
    ),
    "staff_count": (lambda found: found.staff_count, "Buyers ask how large you are."),
}


def completeness(profile: FactoryProfile, vocabulary: Vocabulary) -> Completeness:
    """Count the filled parts; the attributes that factories of these processes are always asked for count one each."""
    asked = [
        attribute
        for attribute in vocabulary.attributes(profile.vertical, (*profile.processes, *profile.categories))
        if attribute.asked_for and attribute.kind != "text"
    ]
    missing = [Missing(name, why) for name, (read, why) in PARTS.items() if not read(profile)]
    missing += [
        Missing(f"attributes.{attribute.id}", "Orders of this kind name it before they are quoted.")
        for attribute in asked
        if not profile.attributes.get(attribute.id)
    ]
    total = len(PARTS) + len(asked)
    return Completeness(total - len(missing), total, tuple(missing))
