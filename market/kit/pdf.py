"""Pages as PDF files, where the `pdf` extra is installed: `pip install weft[pdf]`, and Pango from the system."""

import logging
from ctypes.util import find_library
from functools import cache
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path
from types import ModuleType
from typing import Any, Final

STATIC: Final = Path(__file__).parents[2] / "static"
HERE: Final = "http://weft.invalid"
OWN: Final = f"{HERE}/static/"


@cache
def is_offered() -> bool:
    """Whether the extra and Pango are installed. Loads neither."""
    return find_spec("weasyprint") is not None and find_library("pango-1.0") is not None


def pdf_of(page: str) -> bytes:
    """A page as its printer would have it, on A4. It may use what stands under /static, and nothing from elsewhere.

    Raises LookupError where the extra, or Pango on which it stands, is not installed.
    """
    try:
        import weasyprint  # noqa: PLC0415 (an extra; slow to load)
    except (ImportError, OSError) as fault:  # OSError: the library is here, Pango is not.
        raise LookupError(f"no PDF can be written here: {fault}") from None
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # It warns of each rule that only screens understand.
    files = own_files(weasyprint)
    written: bytes = weasyprint.HTML(string=page, base_url=HERE, media_type="print", url_fetcher=files).write_pdf()
    return written


def own_files(library: ModuleType) -> Any:
    """Gives files under /static; whatever else a page names is refused, so that none makes the server ask anybody."""

    class OwnFiles(library.URLFetcher):  # type: ignore[misc,name-defined]  # its base comes with the extra
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 (the library passes it)
            path = (STATIC / url.removeprefix(OWN).partition("?")[0]).resolve()
            if not url.startswith(OWN) or not path.is_relative_to(STATIC) or not path.is_file():
                raise ValueError(f"{url} is no file of this market")
            kind = guess_type(path.name)[0] or "application/octet-stream"
            return library.urls.URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    return OwnFiles()
