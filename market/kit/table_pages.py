"""What the pages of every import say of an uploaded table, in the reader's language."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from flask import Response
from flask_babel import force_locale
from flask_babel import gettext as _

from market.kit.i18n import LOCALES, say
from market.kit.row_faults import CellFault, FaultKind, write_faulty_rows
from market.kit.uploads import FAULT_HEADERS, is_chinese

FaultyRow = tuple[Sequence[str], Sequence[CellFault]]


def faults_by_column(kinds: Iterable[FaultKind]) -> dict[str, tuple[int, str]]:
    """Header -> how many faults its cells have, and the two commonest in words."""
    found: dict[str, list[FaultKind]] = {}
    for kind in kinds:
        found.setdefault(kind.column, []).append(kind)
    return {
        column: (sum(kind.count for kind in several), _(", ").join(say(kind.problem) for kind in several[:2]))
        for column, several in found.items()
    }


def spoken_faults(kinds: Iterable[FaultKind]) -> list[tuple[FaultKind, str, str]]:
    """Each kind with its problem and what is accepted in words."""
    return [(kind, say(kind.problem), say(kind.accepted)) for kind in kinds]


def faulty_rows_answer(header: Sequence[str], rows: Iterator[FaultyRow], field_words: Callable[[str], str]) -> Response:
    """The rows that cannot be taken in as CSV, with one more column that says why, in the language of the file."""
    chinese = is_chinese(header)
    with force_locale(LOCALES["zh" if chinese else "en"]):
        told = ((cells, _told(faults, field_words)) for cells, faults in rows)
        text = write_faulty_rows(header, told, FAULT_HEADERS[0] if chinese else FAULT_HEADERS[1])
    # The mark at the start is what tells a spreadsheet that the file is UTF-8.
    answer = Response(("\ufeff" + text).encode(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="faulty-rows.csv")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _told(faults: Sequence[CellFault], field_words: Callable[[str], str]) -> str:
    return " | ".join(
        f"{fault.column or field_words(fault.field)}: {say(fault.problem)}; {say(fault.accepted)}" for fault in faults
    )
