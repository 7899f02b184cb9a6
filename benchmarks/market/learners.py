"""Plain learners on the simple view: logistic regression and LightGBM, refitted every Monday."""

from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.market.policies import by_hand, is_closed, record
from benchmarks.market.population import Floats
from benchmarks.market.season import Week
from benchmarks.market.sharing import Lead, share_out
from benchmarks.market.views import View

_LEAST_CLOSED: Final = 60
_LEAST_DEALS: Final = 10
_NEAR_BEST: Final = 20


class Classifier(Protocol):
    def fit(self, features: Floats, labels: Floats) -> object: ...

    def predict_proba(self, features: Floats) -> Floats: ...


@dataclass(slots=True)
class Learner:
    """Hand rules until there are enough closed leads, then a classifier of deals over the same features.

    The features of a lead are those of its day, so that a factory's record holds nothing from later. explore: share of
    the orders whose lead, in learning weeks, goes to one of the near best instead.
    """

    view: View
    name: str
    explore: float
    learns: bool = True
    _seen: dict[tuple[int, int], Floats] = field(default_factory=dict)

    def offer(self, week: Week) -> list[Lead]:
        features = self.view.features(week.orders, week.factories, record(week))
        scores = self._scores(week, features)
        if week.learning:
            scores = _explored(scores, self.explore, week)
        limits, top = week.market.factories.limit, week.market.parameters.leads_an_order
        leads = share_out(scores, week.orders, week.factories, limits, top)
        rows = {order: row for row, order in enumerate(week.orders)}
        columns = {factory: column for column, factory in enumerate(week.factories)}
        forecasts = []
        for lead in leads:
            row, column = rows[lead.order], columns[lead.factory]
            self._seen[lead.order, lead.factory] = features[row, column]
            forecasts.append(Lead(lead.order, lead.factory, float(scores[row, column])))
        return forecasts

    def _scores(self, week: Week, features: Floats) -> Floats:
        closed = [fate for fate in week.past if is_closed(fate, week)]
        deals = np.array([float(fate.deal) for fate in closed])
        if len(closed) < _LEAST_CLOSED or not _LEAST_DEALS <= deals.sum() <= len(closed) - _LEAST_DEALS:
            return by_hand(features)
        model = _classifier(self.name)
        model.fit(np.stack([self._seen[fate.lead.order, fate.lead.factory] for fate in closed]), deals)
        flat = features.reshape(-1, features.shape[2])
        return np.asarray(model.predict_proba(flat)[:, 1].reshape(features.shape[:2]))


def _classifier(name: str) -> Classifier:
    if name == "logistic":
        model: Classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=500))
        return model
    return LGBMClassifier(
        n_estimators=80,
        num_leaves=7,
        learning_rate=0.06,
        min_child_samples=20,
        random_state=0,
        n_jobs=1,
        deterministic=True,
        verbosity=-1,
    )


def _explored(scores: Floats, share: float, week: Week) -> Floats:
    random = np.random.default_rng([week.market.parameters.seed, 10, week.number])
    scores = scores.copy()
    for row in np.flatnonzero(random.random(len(scores)) < share):
        near = np.argsort(-scores[row])[:_NEAR_BEST]
        scores[row, near] = random.permutation(scores[row, near])
    return scores
