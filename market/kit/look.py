"""The look's components for templates: `ui` holds every macro, `dye` picks a placeholder's colour way."""

import zlib
from typing import Any

from flask import Flask
from jinja2 import Environment

COMPONENTS = "macros/weft.html"
DYES = 3


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


def register_components(app: Flask) -> None:
    """Make `ui` and `dye` known to every template and macro."""
    app.jinja_env.globals.update(ui=Components(app.jinja_env), dye=dye)
