"""What the web server does once, before it divides into its processes: `gunicorn --config python:market.serving`."""

from matching.understanding import prepare
from matching.verticals.pack import load_vocabulary


def when_ready(_server: object) -> None:
    """Builds what reading free words needs, so that nobody waits for it and all processes share it."""
    prepare(load_vocabulary())
