"""Run migrations over the connection that market/kit/migrate.py hands in, with time limits on locks and statements."""

from alembic import context
from sqlalchemy import text

from market.kit.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_object=lambda _object, name, kind, _reflected, _other: (
        not (kind == "table" and str(name).startswith("procrastinate_"))
    ),
)
with context.begin_transaction():
    connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    connection.execute(text("SET LOCAL statement_timeout = '15min'"))
    context.run_migrations()
