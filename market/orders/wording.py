"""Sentences that services say in English and pages may say in the reader's language.

Services import Sentence as `_`, the mark by which the catalogues find what is said.
"""

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
