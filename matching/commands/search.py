"""Ranks the documents of a corpus for each query, by words and by meaning.

Writes a TREC run: query_id Q0 doc_id rank score tag. With --pairs only those pairs are scored and ranked.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from matching.command_line.arguments import whole_argument
from matching.command_line.progress import track
from matching.encoder.load import load_embedder
from matching.tables import Column, Faults, Outputs, Row, Table, matching_text, read_table, text
from matching.text.corpus import Document, read_corpus
from matching.text.search import HybridSearch

EXAMPLE: Final = (
    "search --corpus matching/examples/corpus.jsonl --queries matching/examples/queries.csv --out run.trec --top 5"
)
TAG: Final = "weft"

_IDENTIFIER = matching_text(r"\S+", "an id without blanks")
QUERIES: Final = Table(
    (Column("query_id", _IDENTIFIER, required=True), Column("text", text(), required=True)), key=("query_id",)
)
PAIRS: Final = Table(
    (Column("query_id", _IDENTIFIER, required=True), Column("doc_id", _IDENTIFIER, required=True)),
    key=("query_id", "doc_id"),
)
Ranked = list[tuple[int, float]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines (.gz too): id and any text fields")
    parser.add_argument("--queries", type=Path, required=True, help="table with query_id and text")
    parser.add_argument("--out", type=Path, required=True, help="TREC run to write")
    parser.add_argument("--top", type=whole_argument, default=100, help="most documents for one query (default 100)")
    parser.add_argument("--pairs", type=Path, help="table with query_id and doc_id: score just those")
    parser.add_argument("--embedder", default="", help="name or path of another sentence-transformers model")


def run(arguments: argparse.Namespace) -> int:
    faults = Faults()
    queries = read_table(arguments.queries, QUERIES, faults)
    pairs = None if arguments.pairs is None else read_table(arguments.pairs, PAIRS, faults)
    documents = read_corpus(arguments.corpus, faults)
    wanted = None if pairs is None else _rows_wanted(pairs, queries, documents, faults)
    faults.refuse_if_any()
    with Outputs() as outputs:
        out = outputs.text(arguments.out)
        search = HybridSearch(documents, load_embedder(arguments.embedder))
        found = _best(search, queries, arguments.top) if wanted is None else _ordered(search, queries, wanted)
        for query, ranked in track(found, "queries", len(queries)):
            for rank, (row, score) in enumerate(ranked, 1):
                document_id = documents[row].document_id
                out.write(f"{query.required_text('query_id')} Q0 {document_id} {rank} {score:.9g} {TAG}\n")
    return 0


def _best(search: HybridSearch, queries: Sequence[Row], top: int) -> Iterator[tuple[Row, Ranked]]:
    yield from zip(queries, search.best([query.required_text("text") for query in queries], top), strict=True)


def _ordered(
    search: HybridSearch, queries: Sequence[Row], wanted: dict[str, list[int]]
) -> Iterator[tuple[Row, Ranked]]:
    for query in queries:
        rows = np.array(wanted.get(query.required_text("query_id"), []), dtype=np.int64)
        yield query, search.order(query.required_text("text"), rows)


def _rows_wanted(
    pairs: Sequence[Row], queries: Sequence[Row], documents: Sequence[Document], faults: Faults
) -> dict[str, list[int]]:
    """The corpus rows to score for each query. A pair whose query or document does not exist is a fault."""
    places = {document.document_id: row for row, document in enumerate(documents)}
    wanted: dict[str, list[int]] = {query.required_text("query_id"): [] for query in queries}
    sound = not len(faults)
    for pair in pairs:
        query_id, document_id = pair.required_text("query_id"), pair.required_text("doc_id")
        if query_id in wanted and document_id in places:
            wanted[query_id].append(places[document_id])
        elif sound:
            column, known = ("query_id", "queries") if query_id not in wanted else ("doc_id", "corpus")
            faults.add(pair.fault(column, f"stands in no row of the {known}; accepted: an id of the {known}"))
    return wanted
