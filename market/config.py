"""One frozen Settings, read once from the environment. Every seam is named here with its embedded default."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from forecasting.replenishment.advice import MODELS


class SettingFault(ValueError):
    """A setting that cannot be used; the message names it, says what is wrong and what is accepted."""


@dataclass(frozen=True, slots=True)
class Settings:
    """database_url None means the embedded PostgreSQL in data_folder; embedder "" means our own static encoder.

    forecaster: the name of the one forecasting model to use; "" chooses and blends.
    forecast_workers: "" forecasts in a process beside the worker, "4" in four, tcp://host:port on a Dask scheduler's.
    longest_hold_days: how long the payment gateway lets a buyer's money be held before it must be paid out.
    explore_percent: of 100 leads, how many are given to factories below the best ones, so that the ranking learns.
    """

    database_url: str | None
    data_folder: Path
    host: str
    port: int
    production: bool
    demo: bool
    demo_size: str
    secret_key: str
    embedder: str
    forecaster: str
    forecast_workers: str
    leads_per_order: int
    max_acceptances: int
    explore_percent: int
    lead_hours: int
    pool_days: int
    longest_hold_days: int
    upload_limit_bytes: int
    web_threads: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check every setting; raises SettingFault for the first one that cannot be used."""
        production = _flag(environment, "WEFT_PRODUCTION", default=False)
        demo = _flag(environment, "WEFT_DEMO", default=not production)
        if production and demo:
            raise SettingFault("WEFT_DEMO cannot be on while WEFT_PRODUCTION is on: set one of them to 0")
        return cls(
            database_url=environment.get("DATABASE_URL") or None,
            data_folder=Path(environment.get("WEFT_DATA") or "data").expanduser(),
            host=environment.get("WEFT_HOST") or "127.0.0.1",
            port=_whole_number(environment, "WEFT_PORT", 8000, 1, 65535),
            production=production,
            demo=demo,
            demo_size=_choice(environment, "WEFT_DEMO_SIZE", ("full", "small")),
            secret_key=_secret(environment, production),
            embedder=environment.get("WEFT_EMBEDDER") or "",
            forecaster=_choice(environment, "WEFT_FORECASTER", ("", *MODELS)),
            forecast_workers=environment.get("WEFT_FORECAST_WORKERS", "").strip(),
            leads_per_order=_whole_number(environment, "WEFT_LEADS_PER_ORDER", 5, 1, 50),
            max_acceptances=_whole_number(environment, "WEFT_MAX_ACCEPTANCES", 3, 1, 20),
            explore_percent=_whole_number(environment, "WEFT_EXPLORE_PERCENT", 5, 0, 50),
            lead_hours=_whole_number(environment, "WEFT_LEAD_HOURS", 72, 1, 24 * 30),
            pool_days=_whole_number(environment, "WEFT_POOL_DAYS", 5, 1, 60),
            longest_hold_days=_whole_number(environment, "WEFT_LONGEST_HOLD_DAYS", 90, 30, 365),
            upload_limit_bytes=_whole_number(environment, "WEFT_UPLOAD_LIMIT_MB", 10, 1, 100) * 1024 * 1024,
            web_threads=_whole_number(environment, "WEFT_WEB_THREADS", 64, 4, 1000),
        )


def _flag(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environment.get(name, "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise SettingFault(f"{name}={text!r} is neither on nor off: use 1 or 0")


def _whole_number(environment: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
        raise SettingFault(f"{name}={text!r} is not a whole number from {lowest} to {highest}")
    return int(text)


def _choice(environment: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    text = environment.get(name, "").strip().lower() or choices[0]
    if text not in choices:
        raise SettingFault(f"{name}={text!r} is not one of {', '.join(filter(None, choices))}")
    return text


def _secret(environment: Mapping[str, str], production: bool) -> str:
    secret = environment.get("WEFT_SECRET_KEY", "")
    if production and len(secret) < 32:
        raise SettingFault("WEFT_SECRET_KEY must hold at least 32 characters while WEFT_PRODUCTION is on")
    return secret or secrets.token_hex(32)
