"""What goes wrong with workers, told in one line."""


class WorkersError(Exception):
    """Workers that cannot be had, or that died too often; the message says which and what to do about it."""
