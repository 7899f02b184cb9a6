"""Every template compiles and calls the components as they are: no unknown name, no argument that nobody takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader, nodes
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Macro

from tests.browser import ROOT
from tests.look.gallery import create_gallery

FOLDERS = [ROOT / "market" / "templates", *sorted((ROOT / "market").glob("*/templates"))]
TEMPLATES = sorted(
    {path.relative_to(folder).as_posix(): folder for folder in FOLDERS for path in folder.rglob("*.html")}.items()
)
ENVIRONMENT = create_gallery().jinja_env
ENVIRONMENT.loader = FileSystemLoader(FOLDERS)


def calls(tree: nodes.Template) -> Iterator[tuple[int, str, nodes.Call]]:
    """Each call ui.name(…) with its line."""
    for call in tree.find_all(nodes.Call):
        target = call.node
        if isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name) and target.node.name == "ui":
            yield call.lineno, target.attr, call


def fault_of(macro: Macro | None, call: nodes.Call) -> str | None:
    """What is wrong with one call, or None."""
    if macro is None:
        return "is no component"
    unknown = {argument.key for argument in call.kwargs} - set(macro.arguments)
    if unknown and not macro.catch_kwargs:
        return f"takes no {', '.join(sorted(unknown))}"
    if len(call.args) > len(macro.arguments) and not macro.catch_varargs:
        return f"takes at most {len(macro.arguments)} arguments"
    return None


@pytest.mark.parametrize(("name", "folder"), TEMPLATES, ids=[name for name, _folder in TEMPLATES])
def test_template_compiles_and_calls_components_as_they_are(name: str, folder: Path) -> None:
    ENVIRONMENT.get_template(name)
    components = ENVIRONMENT.get_template("macros/weft.html").module
    tree = ENVIRONMENT.parse((folder / name).read_text(encoding="utf-8"))
    faults = [
        f"{name}:{line}: ui.{component} {fault}"
        for line, component, call in calls(tree)
        if (fault := fault_of(getattr(components, component, None), call))
    ]
    assert not faults, "\n".join(faults)


def test_component_nobody_knows_is_named() -> None:
    with pytest.raises(UndefinedError, match="tga"):
        ENVIRONMENT.from_string("{{ ui.tga('x') }}").render()
