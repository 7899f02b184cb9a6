"""Sentences that services say in English and pages may say in the reader's language.

Services import Sentence as `_`, the mark by which the catalogues find what is said.
"""

import json
from typing import Any


class Sentence(str):
    """English text that still knows the template and the values it was made of.

    A page looks `template` up in its catalogue and fills in `values`; everybody else reads it as a string.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Sentence":
        sentence = super().__new__(cls, template % values)
        sentence.template = template
        sentence.values = values
        return sentence

    @classmethod
    def of(cls, text: str) -> "Sentence":
        """The text itself when it is a sentence already, else one without values."""
        return text if isinstance(text, cls) else cls(text.replace("%", "%%"))


_ = Sentence
FILE_PROBLEMS = (
    _("is an old .xls (or another Office) file; save it as .xlsx"),
    _("is a PDF document"),
    _("is a picture"),
    _("is a RAR archive"),
    _("is a 7z archive"),
    _("is a program"),
    _("is named .xls; save it as .xlsx"),
    _("is named .gz but is not compressed by gzip"),
    _("is an HTML or XML page"),
    _("is empty"),
    _("is a zip archive but no Excel workbook"),
    _("is a damaged or password-protected workbook"),
    _("the workbook has no sheet"),
    _("the workbook unpacks to more than the accepted size"),
    _("CSV (UTF-8 or GB18030, also .gz) or .xlsx"),
    _("a table whose first row names the columns, CSV (UTF-8 or GB18030, also .gz) or .xlsx"),
    _("a smaller workbook"),
)
"""What the reader of tables says in English about a file as a whole, and what it accepts: named here for catalogues."""


def pack_sentences(*sentences: Sentence) -> str:
    """Sentences as one text that can be kept, and said in any language later."""
    return json.dumps([[sentence.template, sentence.values] for sentence in sentences], ensure_ascii=False)


def unpack_sentences(packed: str) -> tuple[Sentence, ...]:
    """The sentences again; none of an empty text."""
    return tuple(Sentence(template, **values) for template, values in json.loads(packed or "[]"))
