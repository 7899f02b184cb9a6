"""What was learned to be read of strangers' orders and factories stays read; their first readings stand beside them."""

import pytest

from benchmarks.understanding.cases import Side, batch, tallies
from benchmarks.understanding.readers import OurReader
from benchmarks.understanding.taxonomy import taxonomy_figures
from matching.verticals.pack import load_vocabulary

VOCABULARY = load_vocabulary()
READER = OurReader(VOCABULARY)


@pytest.mark.parametrize(
    ("side", "number", "recall", "precision"),
    [
        ("orders", 1, 0.93, 0.92),
        ("orders", 2, 0.95, 0.97),
        ("orders", 3, 0.92, 0.98),
        ("orders", 4, 0.92, 0.93),
        ("orders", 5, 0.95, 0.965),
        ("factories", 1, 0.93, 0.93),
        ("factories", 2, 0.93, 0.96),
        ("factories", 3, 0.97, 0.97),
        ("factories", 4, 0.945, 0.925),
        ("factories", 5, 0.96, 0.97),
    ],
)
def test_trade_terms_stay_read(side: Side, number: int, recall: float, precision: float) -> None:
    terms = tallies(batch(side, number), READER, VOCABULARY)["all", "terms"]
    assert terms.hit / terms.wanted >= recall and terms.right / terms.read >= precision, "\n".join(terms.faults)


@pytest.mark.parametrize(("number", "recall", "precision"), [(4, 0.98, 0.99), (5, 0.97, 0.99)])
def test_figures_of_orders_stay_read(number: int, recall: float, precision: float) -> None:
    figures = tallies(batch("orders", number), READER, VOCABULARY)["all", "figures"]
    assert figures.hit / figures.wanted >= recall and figures.right / figures.read >= precision, "\n".join(
        figures.faults
    )


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_figures_of_factories_stay_read(number: int) -> None:
    figures = tallies(batch("factories", number), READER, VOCABULARY)["all", "figures"]
    assert figures.hit / figures.wanted >= 0.92, "\n".join(figures.faults)


def test_most_words_of_public_tables_name_a_term() -> None:
    shares = taxonomy_figures(VOCABULARY)
    for key, share in shares.items():
        if isinstance(share, dict):
            assert share["resolved"] >= 0.95, key
    assert shares["rows_that_agree"] >= 0.9


def test_a_listed_word_names_its_term_in_a_column_and_nothing_in_a_sentence() -> None:
    term = VOCABULARY.resolve("process", "driver", "lighting")
    assert term is not None and term.id == "driver-assembly"
    assert ("process", "driver-assembly") not in set(READER("the driver will call the lighting store first", "orders"))
