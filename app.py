"""The web application for a server to load: `gunicorn app:app`, `flask --app app`."""

from market.cli import register_commands
from market.web import create_app

app = create_app()
register_commands(app)
