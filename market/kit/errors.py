"""The families of faults a person can cause or meet. market/web.py maps each family to one HTTP status."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field that cannot be taken: which, what is wrong, and what is accepted."""

    field: str
    problem: str
    accepted: str = ""


class DomainFault(Exception):
    """The base of every fault that a capability raises on purpose. `code` is stable and meant for machines."""

    code = "fault"

    def __init__(self, message: str, faults: tuple[FieldFault, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.faults = faults


class Invalid(DomainFault):
    """What was sent cannot be taken (422)."""

    code = "invalid"


def invalid_field(message: str, field: str, problem: str, accepted: str) -> Invalid:
    """An Invalid about one field."""
    return Invalid(message, (FieldFault(field, problem, accepted),))


class NotFound(DomainFault):
    """There is no such thing, or it is somebody else's: both read the same (404)."""

    code = "not_found"

    def __init__(self, message: str = "There is nothing here under this address.") -> None:
        super().__init__(message)


class Conflict(DomainFault):
    """The thing has moved on since it was read: the message names the state that was found (409)."""

    code = "conflict"


class Forbidden(DomainFault):
    """This role may not do this (403)."""

    code = "forbidden"


class NotSignedIn(DomainFault):
    """Nobody is signed in, or with a key that opens nothing (401)."""

    code = "not_signed_in"
