"""What the market came to, counted day by day: leads, runs, deals and chances as small sums that pages read at once.

A request or a lead belongs to the market day on which it was offered, a deal to the day of its award. Triggers of the
database note every day whose rows changed; the worker counts those days anew, so the sums equal a full recount.
"""
