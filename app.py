"""The web application for a server to load: `gunicorn app:app`, `flask --app app`."""

from market.cli import register_commands
from market.config import SettingFault
from market.kit.postgres import ServerFault
from market.web import create_app

try:
    app = create_app()
except (SettingFault, ServerFault) as fault:
    raise SystemExit(f"Weft cannot run: {fault}") from None
register_commands(app)
