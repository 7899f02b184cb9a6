"""What a season is worth: expected deals by true probabilities, and whether forecasts can be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.market.market import Fate, Market
from benchmarks.market.population import Floats

_BINS: Final = 10
_NEW_DAYS: Final = 28
_DRAWS: Final = 200


@dataclass(frozen=True, slots=True)
class Season:
    """The scored leads of one policy on one market, as plain lists so that they can be stored.

    chance: true P(deal). forecast: what the policy said, NaN where it says nothing. deal: 1 or 0 as it came out.
    newcomer: the factory had joined within four weeks. language: of the order. slots: leads that could have been
    offered. cpu_seconds: of the policy, all its weeks.
    """

    policy: str
    seed: int
    slots: int
    chance: list[float]
    forecast: list[float]
    deal: list[int]
    newcomer: list[int]
    language: list[str]
    cpu_seconds: float

    @property
    def share(self) -> float:
        """Expected deals for each lead that could have been offered."""
        return sum(self.chance) / self.slots


def season_of(market: Market, policy: str, fates: Sequence[Fate], cpu_seconds: float) -> Season:
    parameters = market.parameters
    weeks = parameters.weeks - parameters.learning_weeks
    joined = market.factories.joined
    return Season(
        policy=policy,
        seed=parameters.seed,
        slots=weeks * parameters.orders_a_week * parameters.leads_an_order,
        chance=[round(fate.chance, 5) for fate in fates],
        forecast=[float("nan") if fate.lead.forecast is None else round(fate.lead.forecast, 5) for fate in fates],
        deal=[int(fate.deal) for fate in fates],
        newcomer=[int(7 * (fate.week - joined[fate.lead.factory]) <= _NEW_DAYS) for fate in fates],
        language=[market.languages[fate.lead.order] for fate in fates],
        cpu_seconds=round(cpu_seconds, 1),
    )


def recovered(policy: Season, cosine: Season, oracle: Season) -> float:
    return (policy.share - cosine.share) / (oracle.share - cosine.share)


def calibration_error(forecast: Floats, target: Floats) -> float:
    """Expected calibration error over ten bins of equal counts; target: deals, or the true probabilities."""
    bins = np.array_split(np.argsort(forecast, kind="stable"), _BINS)
    gaps = [len(places) * abs(float(forecast[places].mean() - target[places].mean())) for places in bins if len(places)]
    return sum(gaps) / len(forecast)


def brier_skill(forecast: Floats, chance: Floats) -> float:
    """1 - expected Brier score over that of the best constant, by true probabilities."""
    score = (forecast - chance) ** 2 + chance * (1.0 - chance)
    base = float(chance.mean())
    return 1.0 - float(score.mean()) / (base * (1.0 - base))


def trust(seasons: Sequence[Season]) -> dict[str, float]:
    """Calibration of what was said about the offered leads of these seasons together."""
    forecast = np.array([value for season in seasons for value in season.forecast])
    chance = np.array([value for season in seasons for value in season.chance])
    deal = np.array([float(value) for season in seasons for value in season.deal])
    told = ~np.isnan(forecast)
    if not told.any():
        return {}
    forecast, chance, deal = forecast[told], chance[told], deal[told]
    base = float(deal.mean())
    random = np.random.default_rng(0)
    drawn = [calibration_error(chance, (random.random(len(chance)) < chance).astype(float)) for _ in range(_DRAWS)]
    return {
        "leads": len(forecast),
        "mean_forecast": float(forecast.mean()),
        "mean_true_probability": float(chance.mean()),
        "ece_against_deals": calibration_error(forecast, deal),
        "ece_of_true_probabilities_against_deals": float(np.mean(drawn)),
        "ece_against_true_probabilities": calibration_error(forecast, chance),
        "brier_skill_expected": brier_skill(forecast, chance),
        "brier_skill_realised": 1.0 - float(((forecast - deal) ** 2).mean()) / (base * (1.0 - base)),
        "brier_skill_of_true_probabilities": brier_skill(chance, chance),
    }


def parts(seasons: Sequence[Season]) -> dict[str, float]:
    """Expected deals a lead of newcomers against the rest, and of orders by language."""
    chance = np.array([value for season in seasons for value in season.chance])
    newcomer = np.array([bool(value) for season in seasons for value in season.newcomer])
    language = np.array([value for season in seasons for value in season.language])
    told: dict[str, float] = {"newcomer_leads": float(newcomer.sum())}
    for name, chosen in (("newcomers", newcomer), ("established", ~newcomer)):
        told[name] = _mean(chance[chosen])
    told["newcomers_over_established"] = told["newcomers"] / told["established"]
    for name in ("zh", "en", "mixed"):
        told[name] = _mean(chance[language == name])
    told["zh_minus_en"] = told["zh"] - told["en"]
    return told


def summary(seasons: Mapping[str, Season]) -> dict[str, object]:
    """The figures of one market. seasons: by policy; cosine and oracle among them."""
    told: dict[str, object] = {}
    for name, season in sorted(seasons.items()):
        row: dict[str, object] = {
            "deals_per_lead": season.share,
            "recovered": recovered(season, seasons["cosine"], seasons["oracle"]),
            "leads_offered": len(season.chance) / season.slots,
            "cpu_seconds": season.cpu_seconds,
        }
        if name in ENGINES:
            row["trust"] = trust([season])
            row["parts"] = parts([season])
        told[name] = row
    return told


ENGINES: Final = ("engine", "asking", "blind", "shuffled")


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
