"""The look's components for templates: `ui` holds every macro, `dye` picks a placeholder's colour way.

Addresses of static files carry a checksum, so browsers may keep a file for a year and never show a stale one.
"""

import hashlib
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment

COMPONENTS = "macros/weft.html"
DYES = 3
YEAR_SECONDS = 365 * 24 * 3600


class Components:
    """Every macro of macros/weft.html as an attribute, so that fragments of a page find them without an import line."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def __getattr__(self, name: str) -> Any:
        template = self._environment.get_template(COMPONENTS)
        # A kept module would hold the macros as they were; while templates are being written it is built anew.
        module = template.make_module() if self._environment.auto_reload else template.module
        if name.startswith("_") or not hasattr(module, name):
            raise AttributeError(f"{COMPONENTS} has no component {name!r}")
        return getattr(module, name)


def dye(identifier: object) -> int:
    """1, 2 or 3, always the same for an id: which dye its placeholder pattern is woven in."""
    return zlib.crc32(str(identifier).encode()) % DYES + 1


@lru_cache(maxsize=512)
def checksum(path: Path, _changed: int) -> str:
    """Ten hexadecimal digits of a file's content; `_changed`, its time of change, makes an edited file count anew."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def stamp_static_files(app: Flask) -> None:
    """Let url_for("static", filename=…) name the content too, and let browsers keep what it names."""
    folder = Path(app.static_folder or "")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_SECONDS

    @app.url_defaults
    def stamp(endpoint: str, values: dict[str, Any]) -> None:
        path = folder / str(values.get("filename", ""))
        if endpoint == "static" and "v" not in values and path.is_file():
            values["v"] = checksum(path, path.stat().st_mtime_ns)


def register_components(app: Flask) -> None:
    """Make `ui` and `dye` known to every template and macro, and the addresses of static files exact."""
    app.jinja_env.globals.update(ui=Components(app.jinja_env), dye=dye)
    stamp_static_files(app)
