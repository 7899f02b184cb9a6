"""How ranking explains itself: what each signal means, in the reader's words."""

from flask_babel import gettext as _


def signal_name(name: str) -> str:
    """A signal's name in the reader's language; the code itself for one that a newer model brings."""
    names: dict[str, str] = {
        "category": _("Product"),
        "process": _("Process"),
        "material": _("Material"),
        "certification": _("Certificates"),
        "attribute": _("Details such as gauge or size"),
        "quantity": _("Minimum against your quantity"),
        "capacity": _("Room in its weeks"),
        "due": _("Lead time against your date"),
        "price": _("Price range against your target"),
        "region": _("Region"),
        "text": _("Words of both sides"),
        "record": _("Deals so far"),
        "barriers": _("Plain misses"),
        "declines": _("Declined such orders before"),
    }
    return names.get(name, name)


def signal_meaning(name: str, evidence: int) -> str:
    """What a signal looks at, in one sentence. evidence: outcomes that the live ranker has learned from."""
    meanings: dict[str, str] = {
        "category": _("Whether the factory makes this product, or something close to it in the trade's tree."),
        "process": _("Whether it has the processes; a declared list counts more than words in a description."),
        "material": _("Whether it works with the materials, or with close ones."),
        "certification": _("Whether it holds the certificates; how often lists leave one out is learned.")
        if evidence
        else _("Whether it holds the certificates; who lists its own without yours is left out."),
        "attribute": _("Whether its equipment covers the details, for example 7 to 12 gauge covers 12."),
        "quantity": _("Full when your quantity reaches its minimum; falls the more is missing."),
        "capacity": _("Whether the run fits into the weeks until your date, with some air."),
        "due": _("Full when its lead time ends before your date; less inside your grace; nothing three weeks late."),
        "price": _("Where your target stands in its declared price range."),
        "region": _("Whether it is where you want it made."),
        "text": _("How close its description is to your words, in Chinese or English, by words and by meaning."),
        "record": _("Its share of deals, shrunk towards the average, so that a newcomer is neither helped nor hurt."),
        "barriers": _("Each requirement that is plainly missed costs extra, so such a factory stands below others."),
        "declines": _("A factory that declined orders like yours comes less often, for some weeks."),
    }
    return meanings.get(name, "")
