"""`flask --app app backup FILE`: a dump by pg_dump that pg_restore reads, whole or not at all."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from market.kit.databases import psycopg_url

SECONDS: Final = 3 * 3600
VERSION: Final = re.compile(r"(\d+)\.")


class BackupFault(RuntimeError):
    """No backup was made. The message is one line that says why."""


def dump_database(address: str, server_version: str, file: Path, programs: Path | None = None) -> int:
    """Write the database behind `address` into `file` and return its size in bytes.

    address: of a user whom row-level security does not hold back, or the dump would not be whole. programs: a folder in
    which pg_dump is looked for first. A file of that name is never written over; what was cut off is removed.
    Raises BackupFault.
    """
    if file.exists():
        raise BackupFault(f"{file} exists already: name another file")
    if not file.parent.is_dir():
        raise BackupFault(f"there is no folder {file.parent}")
    program = _pg_dump(server_version, programs)
    url = make_url(psycopg_url(address))
    environment = {**os.environ, "PGPASSWORD": str(url.password or "")}
    bare = url.set(password=None).render_as_string(hide_password=False)
    making = file.with_name(file.name + ".making")
    command = [program, "--format=custom", "--no-owner", f"--file={making}", f"--dbname={bare}"]
    try:
        done = subprocess.run(  # noqa: S603 (the program is pg_dump, the rest our own words)
            command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["without a word"]
            raise BackupFault(f"pg_dump ended with {done.returncode}: {said[0]}")
        making.rename(file)
    finally:
        making.unlink(missing_ok=True)
    return file.stat().st_size


def _pg_dump(server_version: str, programs: Path | None) -> str:
    """A pg_dump that is no older than the server, which an older one refuses to read."""
    needed = _major(server_version)
    beside = str(programs) if programs else ""
    found = [shutil.which("pg_dump", path=place) for place in (beside, os.environ.get("PATH", "")) if place]
    versions = {program: _version_of(program) for program in found if program}
    for program, version in versions.items():
        if version >= needed:
            return program
    if not versions:
        raise BackupFault(f"no pg_dump is here: install that of PostgreSQL {needed} or later, or copy the data folder")
    newest = max(versions.values())
    raise BackupFault(
        f"the server is PostgreSQL {needed} and pg_dump here is {newest}: install that of {needed} or later"
    )


def _version_of(program: str) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    return _major(done.stdout)


def _major(text: str) -> int:
    found = VERSION.search(text)
    return int(found[1]) if found else 0
