"""The ledger and the money of a deal: what each share of a run owes, holds, releases, refunds and pays out.

States of a due: due, authorised, held, released, paying_out, paid_out; failed, dropped, refunded, frozen, clawed_back.
States of a remittance: asked, transferred, paid, bounced.
"""
