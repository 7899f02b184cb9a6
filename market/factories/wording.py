"""The names of a profile's parts and why each matters, in the reader's language."""

from flask_babel import gettext as _


def part_names() -> dict[str, str]:
    """What to press to fill a missing part, by its field."""
    return {
        "processes": _("Choose processes"),
        "categories": _("Choose products"),
        "materials": _("Choose materials"),
        "minimum_quantity": _("Say your minimum"),
        "capacity_per_week": _("Say what you make in a week"),
        "lead_time_days": _("Say your lead time"),
        "unit_price_low": _("Say your price range"),
        "region": _("Say where you are"),
        "certifications": _("Name your certificates"),
        "certificates": _("Add a certificate with its file"),
        "description": _("Describe the factory in your own words"),
        "equipment": _("Name your machines"),
        "sample_days": _("Say how fast a sample is made"),
        "leads_per_week": _("Set a weekly limit"),
        "staff_count": _("Say how many people work here"),
    }


def question_words(kind: str, name: str, *, listed: bool) -> str:
    """The question whether a factory can do a term of a kind, for a tap on yes or no. listed: its profile says so."""
    claim: str = _("Your profile lists %(name)s. Does that hold for orders like the latest ones?", name=name)
    words: dict[str, str] = {
        "category": _("Do you make %(name)s?", name=name),
        "process": _("Can you do %(name)s?", name=name),
        "material": _("Do you work with %(name)s?", name=name),
        "certification": _("Do you hold %(name)s?", name=name),
    }
    return claim if listed else words[kind]


def answer_words(answer: str, name: str) -> str:
    """What an answer changes, once it was given."""
    words: dict[str, str] = {
        "yes": _("Noted: %(name)s stands in your profile, and orders are ranked with it from now on.", name=name),
        "no": _("Noted: not %(name)s. Orders that need it go to others from now on.", name=name),
        "unsure": _("All right. This is not asked again."),
    }
    return words[answer]


def part_whys() -> dict[str, str]:
    """Why a missing part matters, by its field, as market.factories.completeness says it in English."""
    return {
        "processes": _("Orders are matched by process first."),
        "categories": _("Orders name a category; without it yours is guessed."),
        "materials": _("Most orders name a material."),
        "minimum_quantity": _("Small orders come only when they fit your minimum."),
        "capacity_per_week": _("Large orders look at what you make in a week."),
        "lead_time_days": _("Without it no order can tell whether you deliver in time."),
        "unit_price_low": _("Orders with a target price are matched with your price range."),
        "region": _("Some buyers ask for a region or a short way."),
        "certifications": _("Orders that ask for a certificate look for one."),
        "certificates": _("Buyers check certificates by file and date."),
        "description": _("Buyers' own words are compared with yours."),
        "equipment": _("Machines and gauges show what you can take on."),
        "sample_days": _("Buyers ask how soon a sample comes."),
        "leads_per_week": _("Your limit keeps the inbox short."),
        "staff_count": _("Buyers ask how large you are."),
    }
