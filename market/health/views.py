"""The operators' page of health, and the alarms on top of their other pages."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from market.health import queries
from market.health.alarms import health_alarms, past_alarms, watch_health
from market.health.forms import AgainForm
from market.health.service import Machinery, try_job_again
from market.health.wording import alarm_words
from market.identity.service import MARKET_ID
from market.kit.edge import allow, work
from market.kit.errors import Conflict
from market.kit.heartbeat import heartbeats
from market.kit.history import history_of
from market.ranking.encoder_queries import encoder_states
from market.ranking.queries import live_version

bp = Blueprint("machinery", __name__, template_folder="templates", url_prefix="/operator/health")


@bp.get("")
@allow("operator")
def health_page() -> str:
    """What runs, what is silent, and what failed. Whoever reads it first raises the alarms that it shows."""
    session, now = work().session, work().now
    watch_health(work())
    return render_template(
        "health/page.html",
        now=now,
        **_standing(),
        failed=queries.failed_jobs(session),
        sweeps=heartbeats(session, now),
        encoders=encoder_states(session),
        factories=queries.open_factories(session),
        live=live_version(session),
        database=queries.database_state(session),
        backup=queries.last_backup(session),
        news=queries.waiting_news(session),
        past=past_alarms(session),
        history=history_of(session, MARKET_ID, Machinery.__tablename__, MARKET_ID)[:20],
    )


@bp.get("/now")
@allow("operator")
def standing_part() -> str:
    """The part of the page that is fetched anew every few seconds."""
    watch_health(work())
    return render_template("health/_standing.html", now=work().now, **_standing())


@bp.post("/jobs/<int:job_id>/again")
@allow("operator")
def again(job_id: int) -> Response:
    """Try a failed job again, with a reason."""
    form = AgainForm()
    if form.validate_on_submit():
        try:
            try_job_again(work(), job_id, form.why.data)
            flash(_("Done. A worker takes the job again."), "ok")
        except Conflict:
            flash(_("Nothing was done: this job is not failed any more."), "bad")
    else:
        flash(_("Nothing was done: say why; the history keeps it."), "bad")
    return redirect(url_for("machinery.health_page"), 303)


def alarms_section(**_subject: Any) -> Markup:
    """The alarms of this moment for the top of another page of operators; nothing when all is well."""
    watch_health(work())
    alarms = health_alarms(work().session, work().now)
    if not alarms:
        return Markup("")
    return Markup(render_template("health/_alarms.html", alarms=alarms, words=alarm_words, way=True))  # noqa: S704 (our own template escapes)


def _standing() -> dict[str, Any]:
    session = work().session
    return {
        "alarms": health_alarms(session, work().now),
        "words": alarm_words,
        "queues": queries.queues(session),
        "workers": queries.workers(session),
        "events": queries.waiting_events(session),
    }
