"""Files as answers of the web."""

import io

from flask import Response, send_file


def download(name: str, media_type: str, content: bytes) -> Response:
    """A file, always as a download: nothing that somebody uploaded runs in a browser, and nobody between keeps it."""
    answer = send_file(io.BytesIO(content), media_type, as_attachment=True, download_name=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
