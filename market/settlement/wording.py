"""What the operators' desk of money says in words that depend on an outcome or a fault."""

from flask_babel import gettext as _

from market.kit.errors import Conflict
from market.settlement.remedies import Outcome


def outcome_in_words(outcome: Outcome) -> tuple[str, str]:
    """What a remedy came to, and how good that is: ok or warn."""
    words = {
        Outcome.HAPPENED: _("The provider had done it. Its answer is recorded; nothing was done twice."),
        Outcome.ASKED: _("The provider never did it. It is asked anew."),
        Outcome.GIVEN_UP: _("The provider never did it. It is given up."),
        Outcome.REFUND_ASKED: _("The refund is asked again."),
        Outcome.RETURNED: _("It is recorded as returned by a bank transfer; the buyer is told."),
        Outcome.FETCHED: _("The money is fetched back again."),
        Outcome.SENT_AGAIN: _("It is sent again within minutes."),
        Outcome.FOUND: _("What it is about was found; it is handled."),
        Outcome.STILL_PARKED: _("It is still about nothing that we know."),
        Outcome.DISMISSED: _("It is put away."),
        Outcome.SET_OFF: _("The debt is set off."),
        Outcome.WRITTEN_OFF: _("The debt is written off."),
        Outcome.REMINDED: _("The reminder is sent."),
    }
    return words[outcome], "warn" if outcome is Outcome.STILL_PARKED else "ok"


def conflict_in_words(fault: Conflict) -> str:
    """Why nothing was done, in the reader's language, by the code of a conflict."""
    words = {
        "provider_silent": _("The payment provider does not answer now, so nobody knows. Try again in some minutes."),
        "provider_refuses": _("The payment provider refuses to say whether this was done. Look at its own pages."),
        "bank_ready": _("The payout account of the factory is in order by now."),
        "due_moved": _("This is paid by now, or asked no longer."),
        "may_still_happen": _(
            "The page of this payment may still be paid. It can be given up once its 23 hours are over."
        ),
        "refund_moved": _("This refund was asked again or returned before, or its money went elsewhere."),
        "payout_moved": _("This payout was sent again before."),
        "bank_not_ready": _("The payout account of the factory takes no money yet."),
        "debt_moved": _("The factory owes another amount now."),
        "nothing_payable": _("Nothing is payable to the factory now; its debt is taken out of what is released next."),
        "too_much_refunded": _("The payment has less left to refund than this."),
        "too_much_reversed": _("The transfer has less left to take back than this."),
    }
    return str(words.get(fault.code) or _("This moved on meanwhile."))
