"""How relevant is what text search finds? See README.md."""
