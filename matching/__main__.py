"""The command line of the engine: `python -m matching COMMAND`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from matching.commands import ask, encode, gather, pool, rank, search, train_encoder
from matching.encoder.static_encoder import EmbedderError
from matching.tables import BadInput, refuse
from matching.workers.failing import WorkersError

BAD_INPUT = 2
INTERRUPTED = 130
_OUTPUTS = frozenset({"out", "explain"})

COMMANDS: dict[str, ModuleType] = {
    "rank": rank,
    "ask": ask,
    "pool": pool,
    "gather": gather,
    "search": search,
    "encode": encode,
    "train-encoder": train_encoder,
}


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each one's help ends with an example that runs as printed."""
    parser = argparse.ArgumentParser(
        prog="python -m matching",
        description="The matching engine. Needs no database, no web server and no network.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        summary = (module.__doc__ or "").strip().splitlines()[0]
        command = commands.add_parser(
            name,
            help=summary,
            description=(module.__doc__ or "").strip(),
            epilog=f"example:\n  python -m matching {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.add_argument("--seed", type=int, default=0, help="same input and seed: same bytes (default 0)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status: 0 done, 2 refused input, 130 interrupted."""
    arguments = build_parser().parse_args(argv)
    try:
        _refuse_outputs_over_other_files(arguments)
        status: int = COMMANDS[arguments.command].run(arguments)
    except BadInput as refusal:
        for line in refusal.lines():
            print(line, file=sys.stderr)
        return BAD_INPUT
    except (EmbedderError, WorkersError) as error:
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


if __name__ == "__main__":
    sys.exit(main())
