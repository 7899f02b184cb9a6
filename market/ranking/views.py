"""The page that says how factories are ranked, with the weights that are live now."""

from flask import Blueprint, render_template

from market.kit.edge import allow, work
from market.ranking.exposure import explore_percent
from market.ranking.queries import live_ranker
from market.ranking.sections import signal_meaning, signal_name
from matching.engine.model import PRIOR, SIGNALS

bp = Blueprint("ranking", __name__, template_folder="templates")
bp.add_app_template_global(signal_name)


@bp.get("/ranking")
@allow("seller", "factory", "operator")
def explanation() -> str:
    """Signals and weights of the live ranker, in words; nobody can buy a place."""
    version = live_ranker(work().session)
    model = PRIOR if version is None else version.model
    weights = sorted(zip(SIGNALS, model.weights, strict=True), key=lambda pair: -pair[1])
    total = sum(model.weights)
    return render_template(
        "ranking/explanation.html",
        signals=[
            (name, signal_name(name), signal_meaning(name, model.evidence), weight / total) for name, weight in weights
        ],
        others=[(signal_name(name), signal_meaning(name, model.evidence)) for name in ("declines",)],
        version=model.name,
        published_at=None if version is None else version.published_at,
        calibrated=model.calibrated,
        evidence=model.evidence,
        explore_percent=explore_percent(work().session, work().settings.explore_percent),
    )
