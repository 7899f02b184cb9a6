"""What the pages of the sandbox say, in both languages."""

from decimal import Decimal

ZERO_DECIMALS = {"jpy", "krw", "vnd"}

WORDS = {
    "title": ("Weft sandbox: no real money", "Weft 沙盒：没有真实资金"),
    "explained": (
        "This page stands in for the payment provider. Nothing is charged; only the test cards below work.",
        "此页面代替支付服务商。不会扣款，只有下面的测试卡可用。",
    ),
    "to_pay": ("To pay", "应付"),
    "card": ("Card number", "卡号"),
    "pay": ("Pay", "付款"),
    "back": ("Back without paying", "不付款返回"),
    "over": (
        "This page is closed: its time is over or the payment was withdrawn.",
        "此页面已关闭：已过期或付款已撤回。",
    ),
    "asks": (
        "Your bank asks whether it is you (3-D Secure). Choose what happens.",
        "银行需要确认是您本人（3-D Secure）。请选择结果。",
    ),
    "complete": ("Confirm it is me", "确认是本人"),
    "fail": ("Fail the check", "验证失败"),
    "pays": ("pays", "付款成功"),
    "asks_first": ("asks for 3-D Secure", "需要 3-D Secure 验证"),
    "is_declined": ("is declined", "被拒"),
    "has_no_funds": ("has insufficient funds", "余额不足"),
    "refund_fails": ("pays; a refund to it fails", "付款成功；退款会失败"),
    "onboarding": ("Where a factory is paid", "工厂收款账户"),
    "onboarding_explained": (
        "Here a factory would prove who it is. Choose how its bank behaves and finish.",
        "真实环境中工厂在此核实身份。选择银行账户的表现，然后完成。",
    ),
    "bank_good": ("A bank account that takes payouts", "正常收款的银行账户"),
    "bank_bounces": ("A bank account that does not exist: payouts come back", "不存在的银行账户：付款会被退回"),
    "bank_closed": ("A closed bank account: payouts come back", "已注销的银行账户：付款会被退回"),
    "finish": ("Finish", "完成"),
    "link_over": (
        "This link was used or is too old. Go back and ask for a new one.",
        "此链接已使用或已过期，请返回重新获取。",
    ),
}
DECLINES = {
    "insufficient_funds": ("The card has insufficient funds. Try another one.", "卡内余额不足，请换一张卡。"),
    "expired_card": ("The card has expired. Try another one.", "卡已过期，请换一张卡。"),
    "test_mode_live_card": ("Only the test cards below work here.", "这里只能使用下面的测试卡。"),
    "payment_intent_authentication_failure": (
        "The check of your bank failed. Try again.",
        "银行验证失败，请重试。",
    ),
}
DECLINED = ("The card was declined. Try another one.", "卡被拒绝，请换一张卡。")


def language_of(told: str | None) -> str:
    """zh for anything that begins with zh, else en."""
    return "zh" if (told or "").strip().lower().startswith("zh") else "en"


def words_in(language: str) -> dict[str, str]:
    """Every word by its name; a decline's under `decline_<code>`."""
    place = 1 if language == "zh" else 0
    told = {name: texts[place] for name, texts in WORDS.items()}
    return told | {f"decline_{code}": texts[place] for code, texts in DECLINES.items()} | {"declined": DECLINED[place]}


def amount_text(minor: int, currency: str) -> str:
    """12345, "usd" as 123.45 USD."""
    digits = 0 if currency in ZERO_DECIMALS else 2
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f} {currency.upper()}"
