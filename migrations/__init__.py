"""Alembic migrations. Every table of the marketplace is protected by row-level security from its first migration."""
