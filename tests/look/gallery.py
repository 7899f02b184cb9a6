"""A small app that shows every component, for the eye and for the browser tests: python -m tests.look.gallery."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask, Response, redirect, render_template, render_template_string, request
from jinja2 import FileSystemLoader
from werkzeug.wrappers import Response as BaseResponse
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
)
from wtforms.fields.choices import SelectChoice

from market.kit.i18n import current_language, init_languages
from matching.records import RequirementVerdict, Verdict

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CHINESE_TERMS = {
    "flat_knit_12": "12 针横机",
    "linking": "套口",
    "hand_sewing": "手缝",
    "cashmere": "羊绒混纺",
    "wool": "羊毛",
    "oeko": "OEKO-TEX 100",
    "knitwear": "毛织",
    "gauge": "针数",
    "tongxiang": "桐乡",
}
ENGLISH_TERMS = {
    "flat_knit_12": "12-gauge flat knit",
    "linking": "Linking",
    "hand_sewing": "Hand sewing",
    "cashmere": "Cashmere blend",
    "wool": "Wool",
    "oeko": "OEKO-TEX 100",
    "knitwear": "Knitwear",
    "gauge": "Gauge",
    "tongxiang": "Tongxiang",
}


LISTS = '<div id="answer">{{ ui.field(form.processes) }}{{ ui.field(form.region) }}</div>'
PLACE = """<section id="place" data-asked="{{ asked }}" {{ ui.live('/place') }}>asked at {{ asked }}
<button type="button" data-open="sure">leave</button>
<dialog id="sure"><button type="button" data-close>stay</button></dialog></section>"""
ANSWER_SECONDS = 0.5
SAMPLE_API = {
    "openapi": "3.1.0",
    "info": {"title": "Weft API", "version": "1", "description": "Orders, factories, leads and quotes."},
    "paths": {
        "/api/v1/orders/{id}": {
            "get": {
                "summary": "One order",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "The order"}, "404": {"description": "No such order"}},
            },
        },
        "/api/v1/orders": {
            "post": {
                "summary": "Post an order",
                "parameters": [
                    {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
                "responses": {"201": {"description": "Posted"}},
            }
        },
    },
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["quantity"],
                "properties": {
                    "quantity": {"type": "integer", "minimum": 1, "description": "Pieces"},
                    "due_on": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                    "materials": {"type": "array", "items": {"type": "string"}},
                },
            }
        }
    },
}


class SampleForm(Form):  # type: ignore[misc]  # WTForms carries no types
    """One field of every kind, with faults in some of them."""

    say = TextAreaField("Say it in one line", [validators.InputRequired()])
    product = StringField("Product")
    material = StringField("Material")
    quantity = IntegerField("Quantity", [validators.NumberRange(min=1)])
    due = DateField("Due", [validators.Optional()])
    inspection = SelectField("Inspection", choices=[SelectChoice("2.5", "AQL 2.5"), SelectChoice("4.0", "AQL 4.0")])
    region = SelectField("Region", choices=[SelectChoice(str(n), f"Region {n}") for n in range(30)])
    trade = RadioField("Trade", choices=[SelectChoice(name) for name in ("Knitwear", "Toys")], default="Knitwear")
    processes = SelectMultipleField("Processes", choices=[SelectChoice(str(n), f"Process {n}") for n in range(30)])
    materials = SelectMultipleField("Materials", choices=[SelectChoice("Wool"), SelectChoice("Cotton")])
    open = BooleanField("Open this week", description="Off: no new leads; opens again on Monday")
    pack = FileField("Tech pack")


@dataclass(frozen=True)
class SampleLead:
    """A lead as the odds component reads it."""

    deal_probability: float
    calibrated: bool
    evidence: int
    low: float | None = None
    high: float | None = None
    won: int | None = None


@dataclass(frozen=True)
class SampleWeek:
    """A week as the chart reads it: of the past with what was sold, of the future with what is expected."""

    first_day: date
    sold: int | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    promoted: bool = False
    days_out: int = 0


def sample_weeks() -> list[SampleWeek]:
    """Sixteen weeks of sales with a promotion and a gap in the stock, and eight that are expected."""
    sold = (380, 410, 400, 430, 420, 120, 470, 440, 490, 460, 510, 530, 520, 550, 1_071, 570)
    days = [date(2026, 8, 3) + timedelta(weeks=place) for place in range(len(sold) + 8)]
    past = [
        SampleWeek(day, count, promoted=count > 1_000, days_out=5 * (count < 200))
        for day, count in zip(days, sold, strict=False)
    ]
    return past + [
        SampleWeek(day, None, 585.0, 470.0 - 20 * place, 694.5 + 20 * place)
        for place, day in enumerate(days[len(sold) :])
    ]


def sample_requirements() -> list[RequirementVerdict]:
    """Every requirement name with every verdict that it can have, misses with their distance."""
    return [
        RequirementVerdict("category", "knitwear", "knitwear", Verdict.MEETS),
        RequirementVerdict("process", "flat_knit_12;linking", "flat_knit_12;hand_sewing", Verdict.NEAR),
        RequirementVerdict("material", "cashmere", "wool", Verdict.MISSES),
        RequirementVerdict("certification", "oeko", None, Verdict.UNKNOWN),
        RequirementVerdict("attribute:gauge", "12", "12;9;7", Verdict.MEETS),
        RequirementVerdict("quantity", "300", "500", Verdict.MISSES, -200),
        RequirementVerdict("quantity", "800", "500", Verdict.MEETS, 300),
        RequirementVerdict("capacity", "800", "1200", Verdict.MEETS, 400),
        RequirementVerdict("capacity", "800", "620", Verdict.MISSES, -180),
        RequirementVerdict("due", "2026-12-12", "2026-12-10", Verdict.MEETS, 2),
        RequirementVerdict("due", "2026-12-12", "2026-12-14", Verdict.NEAR, -2),
        RequirementVerdict("due", "2027-01-12", None, Verdict.UNKNOWN),
        RequirementVerdict("price", "128", "118", Verdict.MEETS, 10),
        RequirementVerdict("price", "128", "129.5", Verdict.NEAR, -1.5),
        RequirementVerdict("price", "128", None, Verdict.UNKNOWN),
        RequirementVerdict("region", "tongxiang", "tongxiang", Verdict.MEETS),
    ]


def filled_form(faulty: bool) -> SampleForm:
    """The form as it comes back after a submit; faulty ones carry their errors."""
    form = SampleForm(
        data={
            "product": "Crew necks",
            "material": "30% cashmere, 70% wool",
            "quantity": 300,
            "trade": "Knitwear",
            "open": True,
        }
    )
    if faulty:
        form.say.errors = ["Write at least one line."]
        form.quantity.errors = ["Zero pieces cannot be made; write 1 or more."]
        form.materials.errors = ["Choose at least one material."]
        form.pack.errors = ["This is not a PDF, although its name says so."]
    return form


def create_gallery() -> Flask:
    """The gallery under the product's own content security policy; ?role= and ?faulty=1 change what is shown."""
    app = Flask(__name__, static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="gallery", TEMPLATES_AUTO_RELOAD=False)
    app.jinja_env.loader = FileSystemLoader([ROOT / "market" / "templates", Path(__file__).parent / "templates"])

    def term(kind: str, identifier: str) -> str:
        names = CHINESE_TERMS if current_language() == "zh" else ENGLISH_TERMS
        return names.get(identifier, identifier)

    init_languages(app, term=term, now=lambda: NOW)

    app.context_processor(shell)
    app.after_request(protect)
    add_pages(app)
    add_answers(app)
    return app


def shell() -> dict[str, object]:
    """What the frame around every page reads; ?role= says for whom."""
    role = request.args.get("role")
    icons = {"Post": "plus", "Orders": "order", "Pools": "pool", "Quotes": "payout", "Import": "upload"}
    navigation = [
        {"url": f"?role={role}&at={label}", "label": label, "icon": icon, "current": label == "Orders", "count": 3}
        for label, icon in icons.items()
    ]
    return {
        "csrf_token": lambda: "token-of-this-session",
        "live_url": "/stream" if "live" in request.args else None,
        "role": role,
        "demo": True,
        "language": current_language(),
        "theme": None,
        "organisation_name": "Demo Shop 03",
        "notices_unread": 2,
        "navigation": navigation if role else [],
        "links": {
            "home": "/",
            "sign_in": "/sign-in",
            "register": "/join",
            "sign_out": "/sign-out",
            "account": "/account",
            "notices": "/notices",
            "post": "/orders/new",
            "api": "/api",
        },
    }


def protect(response: Response) -> Response:
    """Send the product's own policy with everything."""
    response.headers["Content-Security-Policy"] = POLICY
    return response


def add_pages(app: Flask) -> None:
    """Every page of the gallery."""

    @app.get("/")
    def home() -> str:
        figures = [
            ("Orders posted", "412", "148 of them joined 37 pools"),
            ("Factories free", "86 / 124", "five trades"),
        ]
        verticals = ("apparel", "home", "ceramics", "toys", "lighting")
        trades = [{"id": vertical, "label": vertical, "factories": 27} for vertical in verticals]
        return render_template("public/home.html", figures=figures, figures_at=NOW, trades=trades)

    @app.get("/components")
    def components() -> str:
        return render_template(
            "gallery.html",
            rows=sample_requirements(),
            weeks=sample_weeks(),
            lead=SampleLead(0.37, True, 84, 0.28, 0.49, 32),
            raw=SampleLead(0.37, False, 84, 0.28, 0.49, 32),
            form=filled_form("faulty" in request.args),
            now=NOW,
            soon=NOW + timedelta(hours=21),
            later=NOW + timedelta(days=3, hours=2),
        )

    @app.get("/api")
    def api() -> str:
        return render_template("public/api.html", spec=SAMPLE_API, address="http://localhost", now=NOW)

    @app.get("/sign-in")
    def sign_in() -> str:
        return render_template("gallery_auth.html", form=filled_form("faulty" in request.args))

    @app.get("/error/<int:code>")
    def error(code: int) -> str:
        return render_template("errors/error.html", code=code, reference="req-41f0", retry_after=90, limit="10 MB")


def answer_after_a_while() -> str:
    """A live place that tells when its question came (milliseconds since 1970), long before the answer goes."""
    asked = time.time_ns() // 1_000_000
    time.sleep(ANSWER_SECONDS)
    return render_template_string(PLACE, asked=asked)


def add_answers(app: Flask) -> None:
    """What the scripts talk to: an echo of the CSRF header, a full error page, a stream with one event,
    a live place."""

    @app.post("/echo")
    def echo() -> str:
        return f"token {request.headers.get('X-CSRFToken', 'missing')}"

    @app.post("/fail")
    def fail() -> tuple[str, int]:
        return render_template("errors/error.html", code=429, retry_after=90), 429

    @app.post("/components")
    def submitted() -> BaseResponse:
        return redirect("/error/404?role=seller", 303)

    @app.post("/lists")
    def lists() -> str:
        return render_template_string(LISTS, form=filled_form(False))

    @app.get("/place")
    def place() -> str:
        return answer_after_a_while()

    @app.get("/stream")
    def stream() -> Response:
        return Response("event: lead\ndata: 1\n\n", mimetype="text/event-stream")


if __name__ == "__main__":
    create_gallery().run(port=8099)
