"""One module a command of `python -m matching`.

Each module offers:

- its docstring, whose first line is the help text of the command;
- `EXAMPLE`: the command line after `python -m matching` that runs as printed from the project root, on files of
  matching/examples/ (a test runs every one of them);
- `add_arguments(parser: argparse.ArgumentParser) -> None`;
- `run(arguments: argparse.Namespace) -> int`: does the work and returns the exit status. It raises `BadInput` for input
  that is refused; the frame prints the faults and exits with status 2. It opens its outputs with
  `matching.tables.Outputs`, so that a refusal leaves every output as it was.

The frame gives every command `--seed` (default 0). Long work goes through `matching.command_line.progress.track`.
A command is registered in the table of `matching/__main__.py`.
"""
