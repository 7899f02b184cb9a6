"""The command line of the forecasting engine: `python -m forecasting COMMAND`."""

import sys
from typing import Final

from forecasting.commands import forecast
from matching.command_line.program import Program
from matching.workers.failing import WorkersError

PROGRAM: Final = Program(
    "forecasting",
    "The forecasting engine. Needs no database, no web server and no network.",
    {"forecast": forecast},
    (WorkersError,),
)
main = PROGRAM.run

if __name__ == "__main__":
    sys.exit(main())
