"""A shop's sales and stock, and what follows from them: forecasts, and how much of each item to order by when.

Owns items (what a shop sells again and again, with its terms and stock), their daily sales by channel, imports of both,
and suggestions, of which every version is kept. A suggestion is made `open`; it becomes `drafted` when its order is
being written, `ordered` when that order is posted, `dismissed` when the shop declines it, `superseded` by a newer one.
Publishes SalesTakenIn, ItemChanged and SuggestionsMade. No web process runs a forecast: the worker does.
"""
