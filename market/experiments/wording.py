"""Faults of a ranker file and why requests could not be told, in the reader's words."""

from flask_babel import gettext as _

from market.experiments.reading import FileFault
from matching.engine.model import FORMAT


def fault_in_words(fault: FileFault) -> str:
    """One sentence a fault."""
    words = {
        "not_json": _("This is no JSON: %(details)s", details=fault.details),
        "not_object": _("This is JSON, but no ranker: it holds no named fields."),
        "missing": _("The field %(field)s is missing.", field=fault.field),
        "format": _("The format is %(details)s; this release reads %(format)s.", details=fault.details, format=FORMAT),
        "too_large": _("The file is larger than 32 MB."),
    }
    if fault.kind in words:
        return str(words[fault.kind])
    if fault.field:
        return str(_("The field %(field)s cannot be read: %(details)s", field=fault.field, details=fault.details))
    return str(_("The fields do not fit together: %(details)s", details=fault.details))
