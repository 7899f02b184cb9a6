"""What an alarm says, in the reader's words."""

from flask_babel import gettext as _
from flask_babel import ngettext

from market.health.alarms import Alarm, Kind


def alarm_words(alarm: Alarm) -> str:
    """One sentence: what is silent and what that means."""
    words: dict[Kind, str] = {
        Kind.NO_WORKER: _("No worker is alive: nothing is matched, no clock runs, no money moves."),
        Kind.WORKER_SILENT: ngettext(
            "%(num)s queue of a worker fell silent; others are alive.",
            "%(num)s queues of a worker fell silent; others are alive.",
            alarm.count,
        ),
        Kind.SWEEP_SILENT: ngettext(
            "%(num)s sweep has not run to its end for five of its periods: %(names)s.",
            "%(num)s sweeps have not run to their end for five of their periods: %(names)s.",
            len(alarm.names),
            names=_(", ").join(alarm.names[:3]) + ("…" if len(alarm.names) > 3 else ""),
        ),
        Kind.EVENTS_WAIT: ngettext(
            "%(num)s event waits, the oldest for more than five minutes.",
            "%(num)s events wait, the oldest for more than five minutes.",
            alarm.count,
        ),
        Kind.QUEUE_WAITS: _("Jobs wait for more than ten minutes in: %(names)s.", names=_(", ").join(alarm.names)),
    }
    return words[alarm.kind]
