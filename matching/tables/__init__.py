"""Tables in and out, as every command and the import of the marketplace read and write them.

In: declare a `Table` of `Column`s, call `read_table` or `iterate_table` with one `Faults` for the whole command, then
`faults.refuse_if_any()`. Out: `with Outputs() as out: out.table(path, header).row(...)`.
Large files of plain numbers and ids: try `plain_rows` first, and read as above where it raises NotPlain.
Raw grids without meaning (for a wizard that maps columns): `read_grid` and `decode`, which raise `TableError`.
"""

from matching.tables.columns import Column, currency, day, flag, matching_text, names, number, text, whole
from matching.tables.decoding import TableError, decode
from matching.tables.faults import BadInput, Fault, Faults, refuse
from matching.tables.grid import COMMAND_LIMITS, UPLOAD_LIMITS, Grid, GridRow, Limits, read_grid
from matching.tables.jsonlines import iterate_objects
from matching.tables.outputs import Outputs, TableWriter
from matching.tables.plain import NotPlain, PlainNames, plain_rows
from matching.tables.rows import Row, Table, iterate_table, read_table
from matching.tables.spill import Spill

__all__ = [
    "COMMAND_LIMITS",
    "UPLOAD_LIMITS",
    "BadInput",
    "Column",
    "Fault",
    "Faults",
    "Grid",
    "GridRow",
    "Limits",
    "NotPlain",
    "Outputs",
    "PlainNames",
    "Row",
    "Spill",
    "Table",
    "TableError",
    "TableWriter",
    "currency",
    "day",
    "decode",
    "flag",
    "iterate_objects",
    "iterate_table",
    "matching_text",
    "names",
    "number",
    "plain_rows",
    "read_grid",
    "read_table",
    "refuse",
    "text",
    "whole",
]
