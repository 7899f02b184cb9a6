"""Plays every policy on open markets and records what each recovers of the way from cosine to the oracle.

    python -m benchmarks.market.run --seeds 10
    python -m benchmarks.market.run --first 100 --seeds 3 --policies engine,blind --in-process

Seeds 1 to 10 are the reported ones; 100 and above are for building and tuning. Each season is stored when it ends, and
a later call with the same code and options takes it from there.
"""

import argparse
import hashlib
import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.market.engine_policy import Engine
from benchmarks.market.figures import ENGINES, Season, season_of
from benchmarks.market.learners import Learner
from benchmarks.market.market import Market, make_market
from benchmarks.market.parameters import Parameters, draw_parameters
from benchmarks.market.policies import Cosine, Oracle, Popularity, Random, Rules
from benchmarks.market.report import report
from benchmarks.market.season import Policy, play
from benchmarks.market.views import View, make_view
from benchmarks.recording import record

POLICIES: Final = (
    "oracle",
    "cosine",
    "random",
    "popularity",
    "rules",
    "logistic",
    "lightgbm",
    "blind",
    "engine",
    "asking",
)
CONTROLS: Final = ("shuffled", "no-signal")
_ALWAYS: Final = ("oracle", "cosine")
_BY_COSINE: Final = ("cosine", "rules", "logistic", "lightgbm")
_FOLDER: Final = Path(__file__).parent
_ROOT: Final = _FOLDER.parent.parent


@dataclass(frozen=True, slots=True)
class Options:
    explore: float
    in_process: bool
    store: Path


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    names = list(dict.fromkeys([*_ALWAYS, *arguments.policies.split(",")]))
    unknown = sorted(set(names) - set(POLICIES) - set(CONTROLS))
    if unknown:
        print(f"unknown policies: {', '.join(unknown)}; accepted: {', '.join(POLICIES + CONTROLS)}", file=sys.stderr)
        return 2
    options = Options(arguments.explore, arguments.in_process, arguments.store)
    by_seed: dict[int, dict[str, Season]] = {}
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        parameters = replace(draw_parameters(seed), **_changes(arguments))
        by_seed[seed] = _seasons(parameters, names, options)
        print(json.dumps(_short(by_seed[seed])), file=sys.stderr)
    told = report(by_seed)
    print(json.dumps(told["pooled"], indent=1))
    if arguments.record:
        told["options"] = {"explore": options.explore, "policies": names, "plain": arguments.plain}
        record(_FOLDER, told)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.market.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seeds", type=int, default=10, help="how many markets (default 10)")
    parser.add_argument("--first", type=int, default=1, help="seed of the first market (default 1; tuning: 100)")
    parser.add_argument("--weeks", type=int, help="weeks of a season, the last four of which are scored (default 12)")
    parser.add_argument("--factories", type=int, help="factories of a market (default 300)")
    parser.add_argument("--orders", type=int, help="orders a week (default 250)")
    parser.add_argument("--policies", default=",".join(POLICIES), help="by comma; also: shuffled, no-signal")
    parser.add_argument("--explore", type=float, default=0.1, help="share of learning leads before week 9 (default .1)")
    parser.add_argument("--in-process", action="store_true", help="call the command in this process, by the same files")
    parser.add_argument("--plain", action="store_true", help="write all terms in fields by their first name (ablation)")
    parser.add_argument("--store", type=Path, default=_ROOT / "test-results" / "market", help="where seasons are kept")
    parser.add_argument("--record", action="store_true", help="write result.json")
    return parser


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    changes: dict[str, Any] = {"plain": arguments.plain}
    if arguments.weeks:
        changes |= {"weeks": arguments.weeks, "learning_weeks": arguments.weeks - 4}
    if arguments.factories:
        changes["factories"] = arguments.factories
    if arguments.orders:
        changes["orders_a_week"] = arguments.orders
    return changes


def _seasons(parameters: Parameters, names: Sequence[str], options: Options) -> dict[str, Season]:
    """The seasons of all policies on one market; those that are stored are not played again."""
    seasons: dict[str, Season] = {}
    made: tuple[Market, View] | None = None
    for name in names:
        if name == "no-signal":
            silent = _seasons(replace(parameters, signal=False), ("oracle", "cosine", "engine"), options)
            seasons |= {f"no-signal {policy}": season for policy, season in silent.items()}
            continue
        place = options.store / f"{_key(parameters, name, options)}.json"
        if not place.exists():
            if made is None:
                market = make_market(parameters)
                made = market, make_view(market)
            _store(place, _played(made[0], _policy(name, made[1], options)))
        seasons[name] = Season(**json.loads(place.read_text(encoding="utf-8")))
    return seasons


def _policy(name: str, view: View, options: Options) -> Policy:
    simple: dict[str, Policy] = {
        "random": Random(),
        "popularity": Popularity(),
        "cosine": Cosine(view),
        "rules": Rules(view),
        "oracle": Oracle(),
        "logistic": Learner(view, "logistic", options.explore),
        "lightgbm": Learner(view, "lightgbm", options.explore),
    }
    return simple.get(name) or Engine(name, options.explore, options.in_process)


def _played(market: Market, policy: Policy) -> Season:
    began, children = time.process_time(), _children_seconds()
    fates = play(market, policy)
    spent = time.process_time() - began + _children_seconds() - children
    season = season_of(market, policy.name, fates, spent)
    seed = market.parameters.seed
    print(f"seed {seed} {policy.name}: {season.share:.3f} deals a lead, {spent:.1f} CPU-s", file=sys.stderr)
    return season


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _key(parameters: Parameters, name: str, options: Options) -> str:
    """Names a season by everything that decides it: the market, the policy and, for the engine, its code."""
    told = [asdict(parameters), name, options.explore, _digest(_FOLDER)]
    if name in ENGINES:
        told.append(_digest(_ROOT / "matching"))
    elif name in _BY_COSINE:
        told.append(_digest(_ROOT / "matching" / "encoder"))
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return f"{parameters.seed:04d}-{name}-{digest[:16]}"


def _digest(folder: Path) -> str:
    """Of all files that a season can depend on; result.json and the README are none of them."""
    kinds = {".py", ".yaml", ".csv", ".txt", ".safetensors", ".json"}
    found = sorted(path for path in folder.rglob("*") if path.suffix in kinds and path.name != "result.json")
    digest = hashlib.sha256()
    for path in found:
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _store(place: Path, season: Season) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(season)), encoding="utf-8")
    fresh.rename(place)


def _short(seasons: dict[str, Season]) -> dict[str, float]:
    return {name: round(season.share, 4) for name, season in seasons.items()}


if __name__ == "__main__":
    sys.exit(main())
