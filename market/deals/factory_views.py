"""The factory's page of a deal."""

from flask import render_template

from market.deals.boards import board_of
from market.deals.timeline import steps_of_board
from market.kit.edge import sections, work
from market.production.queries import DealRow
from market.quotes.queries import AwardRow


def page(award: AwardRow, deal: DealRow) -> str:
    """A deal as its factory reads it."""
    board = board_of(work(), award.id, deal)
    return render_template(
        "deals/factory.html",
        award=award,
        board=board,
        steps=steps_of_board(board),
        more=[
            *sections("deal", deal_id=deal.id, share_id=None, award_id=award.id),
            *sections("award", order_id=award.order_id, organisation_id=award.organisation_id),
        ],
    )
