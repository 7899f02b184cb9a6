"""Files that show a certificate: what they are is read from their content, never from their name."""

from typing import Final

from market.kit.errors import FieldFault, Invalid

LONGEST_FILE_NAME: Final = 200
SIGNATURES: Final = (
    (b"%PDF-", 0, "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"WEBP", 8, "image/webp"),
)


class UnusableEvidence(Invalid):
    code = "unusable_evidence"


def media_type_of(name: str, content: bytes, most_bytes: int) -> str:
    """The media type of a PDF, PNG, JPEG or WebP file by its first bytes. Raises UnusableEvidence for any other."""
    accepted = f"a PDF, PNG, JPEG or WebP file of at most {most_bytes // (1024 * 1024)} MB"
    if not content:
        raise _refusal("the file is empty", accepted)
    if len(content) > most_bytes:
        raise _refusal(f"the file has {len(content) / (1024 * 1024):.1f} MB", accepted)
    for signature, place, media_type in SIGNATURES:
        if content[place : place + len(signature)] == signature:
            return media_type
    raise _refusal(f"{name[:60]!r} is none of these kinds, whatever its name says", accepted)


def bare_file_name(name: str) -> str:
    """The name without folders and control characters, cut to a length that every system takes."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-LONGEST_FILE_NAME:] or "certificate"


def _refusal(problem: str, accepted: str) -> UnusableEvidence:
    return UnusableEvidence("This file cannot be taken as evidence.", (FieldFault("file", problem, accepted),))
