"""Production: a deal from its award to acceptance: sample, deposit, materials, stages, inspection, shipping.

Deal: awarded, sampling, deposit_due, materials, producing, inspecting, balance_due, shipped, delivered, accepted,
settled, closed; aside cancelled, disputed. Sample: asked, made, approved, rejected. Payment ask: asked, failed,
arrived, dropped. Events: DealOpened, PaymentAsked, PaymentDropped, ShareLeft, MemberSpoke, MilestoneLate,
ShareAccepted, DealAccepted, DealCancelled. No money moves here: what is asked for is told, and what arrived is told
back.
"""
