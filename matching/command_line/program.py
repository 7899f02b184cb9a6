"""Runs the commands of an engine and tells in one line what they refuse."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from matching.tables import BadInput, refuse

BAD_INPUT: Final = 2
INTERRUPTED: Final = 130
_OUTPUTS: Final = frozenset({"out", "explain"})


@dataclass(frozen=True, slots=True)
class Program:
    """The commands of `python -m NAME`. refusals: errors beside BadInput that say in one line what cannot be done."""

    name: str
    description: str
    commands: Mapping[str, ModuleType]
    refusals: tuple[type[Exception], ...] = ()

    def parser(self) -> argparse.ArgumentParser:
        """The parser of all commands; each one's help ends with an example that runs as printed."""
        parser = argparse.ArgumentParser(prog=f"python -m {self.name}", description=self.description)
        commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
        for name, module in self.commands.items():
            told = (module.__doc__ or "").strip()
            command = commands.add_parser(
                name,
                help=told.splitlines()[0],
                description=told,
                epilog=f"example:\n  python -m {self.name} {module.EXAMPLE}",
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
            module.add_arguments(command)
            command.add_argument("--seed", type=int, default=0, help="same input and seed: same bytes (default 0)")
        return parser

    def run(self, argv: Sequence[str] | None = None) -> int:
        """Runs one command and returns its exit status: 0 done, 2 refused input, 130 interrupted."""
        arguments = self.parser().parse_args(argv)
        try:
            _refuse_outputs_over_other_files(arguments)
            status: int = self.commands[arguments.command].run(arguments)
        except BadInput as refusal:
            for line in refusal.lines():
                print(line, file=sys.stderr)
            return BAD_INPUT
        except self.refusals as error:
            print(f"error: {error}", file=sys.stderr)
            return BAD_INPUT
        except KeyboardInterrupt:
            return INTERRUPTED
        return status


def _refuse_outputs_over_other_files(arguments: argparse.Namespace) -> None:
    """An output may be a new file or an earlier output, never an input of this call nor its other output."""
    paths = {name: path for name, path in vars(arguments).items() if isinstance(path, Path)}
    taken: dict[Path, str] = {}
    for name, path in sorted(paths.items(), key=lambda item: item[0] in _OUTPUTS):
        real = path.resolve()
        if name in _OUTPUTS and real in taken:
            raise refuse(str(path), f"is {_option(taken[real])} too; accepted: another path for {_option(name)}")
        if not real.exists() or real.is_file():
            taken.setdefault(real, name)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
