"""Every setting refuses what it cannot use, and says its name, what is wrong and what is accepted."""

from dataclasses import asdict

import pytest

from market.config import SettingFault, Settings

NUMBERS = {
    "WEFT_PORT": (8000, 1, 65535),
    "WEFT_LEADS_PER_ORDER": (5, 1, 50),
    "WEFT_MAX_ACCEPTANCES": (3, 1, 20),
    "WEFT_LEAD_HOURS": (72, 1, 720),
    "WEFT_POOL_DAYS": (5, 1, 60),
    "WEFT_LONGEST_HOLD_DAYS": (90, 30, 365),
    "WEFT_NIGHT_HOUR": (19, 0, 23),
    "WEFT_UPLOAD_LIMIT_MB": (10, 1, 100),
    "WEFT_WEB_THREADS": (64, 4, 1000),
    "WEFT_GATEWAY_SECONDS": (20, 1, 120),
    "WEFT_SANDBOX_PORT": (12000, 1, 65535),
    "WEFT_COMMISSION_BASIS_POINTS": (500, 0, 5000),
}
OF_GATEWAY = {"WEFT_GATEWAY_SECONDS": "timeout_seconds", "WEFT_SANDBOX_PORT": "sandbox_port"}
STRIPE = {"WEFT_GATEWAY": "stripe", "STRIPE_API_KEY": "sk_test_a", "STRIPE_WEBHOOK_SECRET": "whsec_a"}
REFUSED = [
    *((name, text) for name, (_default, low, high) in NUMBERS.items() for text in (str(low - 1), str(high + 1))),
    *((name, text) for name in NUMBERS for text in ("-1", "1.5", "１２", "many", "1e3", "0x10")),
    *((name, text) for name in ("WEFT_DEMO", "WEFT_PRODUCTION") for text in ("maybe", "2", "-")),
    ("WEFT_DEMO_SIZE", "huge"),
]


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_a_value_that_cannot_be_used_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingFault) as refused:
        Settings.from_environment({name: text})
    message = str(refused.value)
    assert message.startswith(f"{name}={text!r} is ")
    accepted = {"WEFT_DEMO_SIZE": ("full", "small")}.get(name) or ("1", "0")
    _default, low, high = NUMBERS.get(name, (0, *accepted))
    assert str(low) in message and str(high) in message


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"WEFT_PRODUCTION": "1"}, ("WEFT_SECRET_KEY", "32")),
        ({"WEFT_PRODUCTION": "1", "WEFT_SECRET_KEY": "x" * 31}, ("WEFT_SECRET_KEY", "32")),
        ({"WEFT_PRODUCTION": "1", "WEFT_DEMO": "1", "WEFT_SECRET_KEY": "x" * 32}, ("WEFT_DEMO", "WEFT_PRODUCTION")),
        ({"WEFT_PRODUCTION": "1", "WEFT_SECRET_KEY": "x" * 32}, ("WEFT_GATEWAY", "stripe", "sandbox")),
        ({**STRIPE, "STRIPE_API_KEY": ""}, ("STRIPE_API_KEY is missing", "sk_test_")),
        ({**STRIPE, "STRIPE_API_KEY": "pk_test_a"}, ("STRIPE_API_KEY does not begin like one", "sk_test_")),
        ({**STRIPE, "STRIPE_API_KEY": "sk_live_a"}, ("STRIPE_API_KEY moves real money", "WEFT_PRODUCTION")),
        ({**STRIPE, "STRIPE_WEBHOOK_SECRET": "whsec_"}, ("STRIPE_WEBHOOK_SECRET", "whsec_")),
        ({"WEFT_GATEWAY_ADDRESS": "127.0.0.1:80"}, ("WEFT_GATEWAY_ADDRESS", "https://")),
        ({"WEFT_ADDRESS": "weft.example.com"}, ("WEFT_ADDRESS", "https://")),
    ],
)
def test_settings_that_do_not_go_together(environment: dict[str, str], words: tuple[str, ...]) -> None:
    with pytest.raises(SettingFault) as refused:
        Settings.from_environment(environment)
    assert all(word in str(refused.value) for word in words)


def test_an_empty_environment_and_empty_values_give_the_defaults() -> None:
    for environment in ({}, dict.fromkeys([*NUMBERS, "WEFT_DEMO", "WEFT_HOST", "DATABASE_URL", "WEFT_DEMO_SIZE"], " ")):
        environment.pop("DATABASE_URL", None)
        environment.pop("WEFT_HOST", None)
        found = Settings.from_environment(environment)
        assert (found.port, found.leads_per_order, found.lead_hours) == (8000, 5, 72)
        assert (found.host, found.database_url, found.demo, found.production) == ("127.0.0.1", None, True, False)
        assert found.upload_limit_bytes == 10 * 1024 * 1024
        assert len(found.secret_key) == 64


@pytest.mark.parametrize("name", NUMBERS)
def test_both_ends_of_a_range_are_taken(name: str) -> None:
    for number in NUMBERS[name][1:]:
        found = asdict(Settings.from_environment({name: f" {number} "}))
        if name in OF_GATEWAY:
            assert found["gateway"][OF_GATEWAY[name]] == number
            continue
        wanted = (
            {"upload_limit_bytes": number * 1024 * 1024} if name == "WEFT_UPLOAD_LIMIT_MB" else {field(name): number}
        )
        assert found | wanted == found


def field(name: str) -> str:
    """The field of Settings that an environment variable fills."""
    return name.removeprefix("WEFT_").lower()


def test_production_turns_the_demo_off_by_itself() -> None:
    found = Settings.from_environment(
        {"WEFT_PRODUCTION": "yes", "WEFT_SECRET_KEY": "x" * 32, "WEFT_GATEWAY": "sandbox"}
    )
    assert (found.production, found.demo, found.secret_key) == (True, False, "x" * 32)


def test_the_gateway_is_the_sandbox_unless_it_is_stripe() -> None:
    sandbox = Settings.from_environment({"WEFT_SECRET_KEY": "one"}).gateway
    assert (sandbox.is_sandbox, sandbox.address, sandbox.sandbox_port) == (True, "http://127.0.0.1:12000", 12000)
    assert sandbox == Settings.from_environment({"WEFT_SECRET_KEY": "one"}).gateway
    assert sandbox.api_key != Settings.from_environment({"WEFT_SECRET_KEY": "two"}).gateway.api_key
    assert Settings.from_environment({"WEFT_PORT": "62000"}).gateway.sandbox_port == 58000
    real = Settings.from_environment(STRIPE).gateway
    assert (real.is_sandbox, real.address, real.api_key, real.webhook_secret) == (False, "", "sk_test_a", "whsec_a")
    live = {**STRIPE, "STRIPE_API_KEY": "sk_live_a", "WEFT_PRODUCTION": "1", "WEFT_SECRET_KEY": "x" * 32}
    assert Settings.from_environment(live).gateway.api_key == "sk_live_a"
