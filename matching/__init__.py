"""The matching engine: tables and arrays in, dataclasses out.

Law of this folder: no Flask, no database, no clock, no network, and nothing of `market` or `forecasting`.
What a caller may use stands in `records`, `verticals`, `understanding`, `engine` and `pooling`.
"""
