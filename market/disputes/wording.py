"""What pages of disputes say in words that depend on a fault."""

from typing import Any

from flask_babel import gettext as _

from market.disputes.rows import DisputeMoved
from market.kit.errors import Conflict, FieldFault, Invalid
from market.kit.i18n import say


def put_faults(form: Any, refusal: Invalid) -> None:
    """Show what only a verb found at the fields that it is about."""
    for fault in refusal.faults:
        if fault.field in form:
            form[fault.field].errors = [*form[fault.field].errors, fault_in_words(fault)]
        else:
            form.form_errors.append(fault_in_words(fault))


def fault_in_words(fault: FieldFault) -> str:
    """A fault that only a verb finds."""
    if not fault.accepted:
        return str(say(fault.problem))
    return str(_("%(problem)s; accepted: %(accepted)s", problem=say(fault.problem), accepted=say(fault.accepted)))


def conflict_in_words(fault: Conflict) -> str:
    """Why nothing was done, in the reader's language, by the code of a conflict."""
    words = {
        "already_disputed": _("A dispute about this order is open already."),
        "not_disputable": _("This order cannot be disputed now: only from its deposit until 30 days after payout."),
        "too_early": _("Both sides still have time to settle between themselves; after that Weft can be called."),
        "own_proposal": _("The other side answers this proposal."),
        "too_much": _("There is not so much money left that could go back. Nothing was changed."),
        "not_enough_money": _("There is not so much money left that could go back. Nothing was changed."),
        DisputeMoved.code: _("The dispute has moved on. Nothing was changed; the page shows how it stands now."),
    }
    return str(words.get(fault.code) or words[DisputeMoved.code])
