"""The verbs of disputes, in one place; each topic stands in a file of its own."""

from market.disputes.deciding import Decision, Preview, PreviewChanged, decide, preview_decision
from market.disputes.opening import AlreadyDisputed, Claim, NotDisputable, open_dispute
from market.disputes.remaking import accept_remade, refuse_remade, report_remade
from market.disputes.rows import DisputeMoved, DisputeRefused
from market.disputes.talking import (
    OwnProposal,
    Terms,
    TooEarly,
    accept_proposal,
    ask_for_decision,
    decline_proposal,
    propose,
    say,
    withdraw,
)

__all__ = [
    "AlreadyDisputed",
    "Claim",
    "Decision",
    "DisputeMoved",
    "DisputeRefused",
    "NotDisputable",
    "OwnProposal",
    "Preview",
    "PreviewChanged",
    "Terms",
    "TooEarly",
    "accept_proposal",
    "accept_remade",
    "ask_for_decision",
    "decide",
    "decline_proposal",
    "open_dispute",
    "preview_decision",
    "propose",
    "refuse_remade",
    "report_remade",
    "say",
    "withdraw",
]
