"""One frozen Settings, read once from the environment. Every seam is named here with its embedded default."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from forecasting.replenishment.advice import MODELS

SANDBOX_BESIDE = 4000
"""How far from the web server's port the payment sandbox listens."""


class SettingFault(ValueError):
    """A setting that cannot be used; the message names it, says what is wrong and what is accepted."""


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The payment provider. address "" means the provider's own; sandbox_port: where ours listens on loopback."""

    name: str
    api_key: str
    webhook_secret: str
    address: str
    sandbox_port: int
    timeout_seconds: int

    @property
    def is_sandbox(self) -> bool:
        return self.name == "sandbox"


@dataclass(frozen=True, slots=True)
class Settings:
    """database_url None means the embedded PostgreSQL in data_folder; embedder "" means our own static encoder.

    forecaster: the name of the one forecasting model to use; "" chooses and blends.
    forecast_workers: "" forecasts in a process beside the worker, "4" in four, tcp://host:port on a Dask scheduler's.
    longest_hold_days: how long the payment gateway lets a buyer's money be held before it must be paid out.
    commission_basis_points: what the market keeps of 10,000 that a factory is paid, frozen for each share at its sale.
    night_hour: in UTC; the nightly work begins ten minutes past it.
    explore_percent: of 100 leads, how many are given to factories below the best ones, so that the ranking learns,
    until an operator has turned it (market.ranking.exposure).
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
    night_hour: int
    longest_hold_days: int
    upload_limit_bytes: int
    web_threads: int
    commission_basis_points: int
    public_address: str
    gateway: GatewaySettings

    @property
    def webhook_address(self) -> str:
        """Where the sandbox sends its events: the web server, as it is reached on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/webhooks/gateway"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check every setting; raises SettingFault for the first one that cannot be used."""
        production = _flag(environment, "WEFT_PRODUCTION", default=False)
        demo = _flag(environment, "WEFT_DEMO", default=not production)
        if production and demo:
            raise SettingFault("WEFT_DEMO cannot be on while WEFT_PRODUCTION is on: set one of them to 0")
        host, port = (
            environment.get("WEFT_HOST") or "127.0.0.1",
            _whole_number(environment, "WEFT_PORT", 8000, 1, 65535),
        )
        secret_key = _secret(environment, production)
        return cls(
            database_url=environment.get("DATABASE_URL") or None,
            data_folder=Path(environment.get("WEFT_DATA") or "data").expanduser(),
            host=host,
            port=port,
            production=production,
            demo=demo,
            demo_size=_choice(environment, "WEFT_DEMO_SIZE", ("full", "small")),
            secret_key=secret_key,
            embedder=environment.get("WEFT_EMBEDDER") or "",
            forecaster=_choice(environment, "WEFT_FORECASTER", ("", *MODELS)),
            forecast_workers=environment.get("WEFT_FORECAST_WORKERS", "").strip(),
            leads_per_order=_whole_number(environment, "WEFT_LEADS_PER_ORDER", 5, 1, 50),
            max_acceptances=_whole_number(environment, "WEFT_MAX_ACCEPTANCES", 3, 1, 20),
            explore_percent=_whole_number(environment, "WEFT_EXPLORE_PERCENT", 5, 0, 50),
            lead_hours=_whole_number(environment, "WEFT_LEAD_HOURS", 72, 1, 24 * 30),
            pool_days=_whole_number(environment, "WEFT_POOL_DAYS", 5, 1, 60),
            night_hour=_whole_number(environment, "WEFT_NIGHT_HOUR", 19, 0, 23),
            longest_hold_days=_whole_number(environment, "WEFT_LONGEST_HOLD_DAYS", 90, 30, 365),
            upload_limit_bytes=_whole_number(environment, "WEFT_UPLOAD_LIMIT_MB", 10, 1, 100) * 1024 * 1024,
            web_threads=_whole_number(environment, "WEFT_WEB_THREADS", 64, 4, 1000),
            commission_basis_points=_whole_number(environment, "WEFT_COMMISSION_BASIS_POINTS", 500, 0, 5000),
            public_address=_address(environment, "WEFT_ADDRESS") or f"http://{host}:{port}",
            gateway=_gateway(environment, production, port, secret_key),
        )


def _gateway(environment: Mapping[str, str], production: bool, port: int, secret_key: str) -> GatewaySettings:
    """The sandbox's keys follow from the secret that web, worker and sandbox share; Stripe's are the operator's."""
    if production and not environment.get("WEFT_GATEWAY", "").strip():
        raise SettingFault("WEFT_GATEWAY must be stripe (or, without real money, sandbox) while WEFT_PRODUCTION is on")
    name = _choice(environment, "WEFT_GATEWAY", ("sandbox", "stripe"))
    seconds = _whole_number(environment, "WEFT_GATEWAY_SECONDS", 20, 1, 120)
    nearby = port + SANDBOX_BESIDE if port + SANDBOX_BESIDE <= 65535 else port - SANDBOX_BESIDE
    sandbox_port = _whole_number(environment, "WEFT_SANDBOX_PORT", nearby, 1, 65535)
    address = _address(environment, "WEFT_GATEWAY_ADDRESS")
    if name == "sandbox":
        key, secret = (_derived(secret_key, purpose) for purpose in ("gateway key", "gateway webhooks"))
        address = address or f"http://127.0.0.1:{sandbox_port}"
        return GatewaySettings(name, f"sk_test_{key}", f"whsec_{secret}", address, sandbox_port, seconds)
    key = _starting_with(environment, "STRIPE_API_KEY", ("sk_test_", "sk_live_", "rk_test_", "rk_live_"))
    if "_live_" in key and not production:
        raise SettingFault("STRIPE_API_KEY moves real money while WEFT_PRODUCTION is off: use a test key")
    secret = _starting_with(environment, "STRIPE_WEBHOOK_SECRET", ("whsec_",))
    return GatewaySettings(name, key, secret, address, sandbox_port, seconds)


def _derived(secret_key: str, purpose: str) -> str:
    return hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _starting_with(environment: Mapping[str, str], name: str, starts: tuple[str, ...]) -> str:
    """A secret by how it begins; the message never shows it."""
    text = environment.get(name, "").strip()
    if not text.startswith(starts) or text in starts:
        problem = "does not begin like one" if text else "is missing"
        raise SettingFault(f"{name} {problem} while WEFT_GATEWAY is stripe: it begins with {' or '.join(starts)}")
    return text


def _address(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "").strip().rstrip("/")
    if text and not text.startswith(("http://", "https://")):
        raise SettingFault(f"{name}={text!r} is not an address: write it like https://weft.example.com")
    return text


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
