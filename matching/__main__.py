"""The command line of the engine: `python -m matching COMMAND`."""

import sys
from typing import Final

from matching.command_line.program import Program
from matching.commands import ask, encode, gather, pool, rank, search, train_encoder
from matching.encoder.static_encoder import EmbedderError
from matching.workers.failing import WorkersError

PROGRAM: Final = Program(
    "matching",
    "The matching engine. Needs no database, no web server and no network.",
    {
        "rank": rank,
        "ask": ask,
        "pool": pool,
        "gather": gather,
        "search": search,
        "encode": encode,
        "train-encoder": train_encoder,
    },
    (EmbedderError, WorkersError),
)
COMMANDS: Final = PROGRAM.commands
build_parser, main = PROGRAM.parser, PROGRAM.run

if __name__ == "__main__":
    sys.exit(main())
