"""The factory's forms of a deal: sample, purchase, stage, inspection, parcels, delivery; and the plan by AQL."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, MultipleFileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from market.deals.factory_board import Desk
from market.factories.fields import DayField, PriceField, WholeNumberField
from market.kit.errors import FieldFault, Invalid
from market.kit.i18n import say_fault
from market.kit.uploads import UploadedFile
from market.kit.wording import Sentence
from market.production.queries import DealState, ShareRow
from market.production.service import InspectionReport, Parcel

LONGEST_NOTE: Final = 2_000
LONGEST_NAME: Final = 120
LARGEST_LOT: Final = 1_000_000
AQL_CHOICES: Final = ("0.65", "1.0", "1.5", "2.5", "4.0", "6.5")
INSPECTOR_CHOICES: Final = (
    SelectChoice("factory", _("We ourselves")),
    SelectChoice("seller", _("The buyer")),
    SelectChoice("third_party", _("A third party")),
)
AT_LEAST_ONE: Final = {"photo": _("Take a photo, or choose one."), "paper": _("Show the paper: take a photo of it.")}


class _Small(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A form that stands on its page beside others, under a prefix of its own; the page's token protects it.

    needs_file: what is missing when no file comes with it; "" where none has to.
    """

    needs_file = ""
    files = MultipleFileField(_("Photos"))

    class Meta:
        csrf = False

    def validate_files(self, _field: Any) -> None:
        if self.needs_file and not self.uploads():
            raise ValidationError(AT_LEAST_ONE[self.needs_file])

    def uploads(self) -> list[UploadedFile]:
        """What was chosen. Read again from the start, as a form may be asked twice."""
        chosen = [each for each in self.files.data or () if getattr(each, "filename", "")]
        for each in chosen:
            each.stream.seek(0)
        return [UploadedFile(each.filename, each.read()) for each in chosen]

    def show_fault(self, fault: Invalid, places: Mapping[str, str] = {}) -> None:
        """Put what a verb refused to its fields; places: field of the fault -> field of this form."""
        for each in fault.faults:
            name = self.place_of(each, places)
            if name in self._fields:
                self[name].errors = [*self[name].errors, say_fault(each)]
            else:
                self.form_errors.append(say_fault(each))

    def place_of(self, fault: FieldFault, places: Mapping[str, str]) -> str:
        return places.get(fault.field, fault.field)


def _note(label: Any = None) -> TextAreaField:
    too_long = _("At most %(max)d characters.")
    return TextAreaField(label or _("Note"), [Length(max=LONGEST_NOTE, message=too_long)], render_kw={"rows": 2})


class SampleForm(_Small):
    """The version that was asked for is made."""

    needs_file = "photo"
    note = _note(_("What the buyer should know"))


class PurchaseForm(_Small):
    """A purchase of materials. key: a second press finds the first purchase."""

    needs_file = "paper"
    key = HiddenField()
    amount = PriceField(_("What you paid"), validators=[InputRequired(_("Say what it cost."))])
    note = _note(_("What you bought"))

    def validate_amount(self, field: Any) -> None:
        if field.data is not None and field.data.minor == 0:
            raise ValidationError(_("A price is more than zero."))


class BeginForm(_Small):
    """The materials are there."""

    finished_on = DayField(_("There since"), validators=[InputRequired(_("Say on which day."))])


class StageForm(_Small):
    """A stage is finished."""

    finished_on = DayField(_("Finished on"), validators=[InputRequired(_("Say on which day."))])
    note = _note()


class _SheetForm(_Small):
    """A form with fields for each share of a run, named by the share's place in it."""

    shares: tuple[ShareRow, ...] = ()

    def of_share(self, kind: str, place: int) -> Any:
        """A share's field of one kind; place: of the share in the run, from 0."""
        return self[f"{kind}_{place}"]

    def place_of(self, fault: FieldFault, places: Mapping[str, str]) -> str:
        """A fault about a share names it by its code."""
        code = fault.problem.values.get("code") if isinstance(fault.problem, Sentence) else None
        for place, share in enumerate(self.shares):
            if fault.field in {"allocated", "parcels"} and share.code == code:
                return f"pieces_{place}"
        return places.get(fault.field, fault.field)


class InspectionForm(_SheetForm):
    """What an inspector found, and how many pieces each order of the run gets."""

    sampled = WholeNumberField(
        _("Pieces looked at"), lowest=0, validators=[InputRequired(_("Say how many pieces were looked at."))]
    )
    critical = WholeNumberField(
        _("With a critical defect"), lowest=0, default=0, validators=[InputRequired(_("Write 0 when there is none."))]
    )
    major = WholeNumberField(
        _("With a major defect"), lowest=0, default=0, validators=[InputRequired(_("Write 0 when there is none."))]
    )
    minor = WholeNumberField(
        _("With a minor defect"), lowest=0, default=0, validators=[InputRequired(_("Write 0 when there is none."))]
    )
    inspector = RadioField(_("Inspected by"), choices=INSPECTOR_CHOICES, default="factory")
    discount_percent = WholeNumberField(_("Per cent off the price, if it fails"), lowest=0, highest=100)
    note = _note()

    def report(self) -> InspectionReport:
        return InspectionReport(
            sampled=self.sampled.data,
            critical=self.critical.data,
            major=self.major.data,
            minor=self.minor.data,
            allocated={share.id: self.of_share("pieces", place).data for place, share in enumerate(self.shares)},
            inspector=self.inspector.data,
            discount_percent=self.discount_percent.data or 0,
            note=self.note.data or "",
        )


class ShipForm(_SheetForm):
    """A parcel for each share."""

    def parcels(self) -> list[Parcel]:
        return [
            Parcel(
                share.id,
                self.of_share("pieces", place).data,
                self.of_share("carrier", place).data,
                self.of_share("waybill", place).data,
            )
            for place, share in enumerate(self.shares)
        ]


class DeliveryForm(_Small):
    """A parcel arrived; the carrier says so."""

    needs_file = "paper"
    received_by = StringField(
        _("Who took it"), [InputRequired(_("Say who took it.")), Length(max=LONGEST_NAME)], render_kw={"maxlength": 120}
    )


class PlanForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A lot and a quality limit; asked by address, so that a plan can be kept as a link."""

    class Meta:
        csrf = False

    lot = WholeNumberField(
        _("Pieces in the lot"), lowest=2, highest=LARGEST_LOT, validators=[InputRequired(_("Say how many pieces."))]
    )
    aql = SelectField(
        lazy_pgettext("inspection", "AQL of major defects"),
        choices=[SelectChoice(aql, aql) for aql in AQL_CHOICES],
        default="2.5",
    )


def inspection_form(desk: Desk, **named: Any) -> InspectionForm:
    """The form of an inspection with the sheet of this run, prefilled with what was ordered."""
    fields = {}
    for place, share in enumerate(desk.shares):
        fields[f"pieces_{place}"] = _pieces(share.pieces, _("Pieces for %(code)s", code=share.code))
    kind = type("InspectionForm", (InspectionForm,), {**fields, "shares": desk.shares})
    made: InspectionForm = kind(prefix="inspection-", **named)
    return made


def ship_form(desk: Desk, **named: Any) -> ShipForm:
    """The form of the parcels of this run, prefilled with what the sheet of the inspection gives each share."""
    fields: dict[str, Any] = {}
    for place, share in enumerate(desk.shares):
        most = share.pieces if share.allocated is None else share.allocated
        fields[f"pieces_{place}"] = _pieces(most, _("Pieces for %(code)s", code=share.code))
        fields[f"carrier_{place}"] = StringField(
            _("Carrier"), [InputRequired(_("Name the carrier.")), Length(max=LONGEST_NAME)]
        )
        fields[f"waybill_{place}"] = StringField(
            _("Waybill"), [InputRequired(_("Write the number of the waybill.")), Length(max=LONGEST_NAME)]
        )
    kind = type("ShipForm", (ShipForm,), {**fields, "shares": desk.shares})
    made: ShipForm = kind(prefix="ship-", **named)
    return made


def _pieces(most: int, label: Any) -> WholeNumberField:
    said = _("Say how many pieces.")
    return WholeNumberField(label, lowest=1, highest=most, default=most, validators=[InputRequired(said)])


def purchase_form(currency: str, key: str = "", **named: Any) -> PurchaseForm:
    form = PurchaseForm(prefix="purchase-", key=key, **named)
    form.amount.currency = currency
    return form


def empty_forms(desk: Desk, today: date, key: str) -> dict[str, FlaskForm]:
    """The forms that this state of a deal asks for, by the names that the page knows them by."""
    state, fresh = desk.deal.state, {"formdata": None}
    forms: dict[str, FlaskForm] = {}
    if state is DealState.SAMPLING:
        forms["sample"] = SampleForm(prefix="sample-", **fresh)
    if state in (DealState.MATERIALS, DealState.PRODUCING):
        forms["purchase"] = purchase_form(desk.deal.currency, key, **fresh)
    if state is DealState.MATERIALS:
        forms["begin"] = BeginForm(prefix="begin-", finished_on=today, **fresh)
    if state is DealState.PRODUCING:
        for stage in desk.board.stages:
            forms[f"stage-{stage}"] = StageForm(prefix=f"{stage}-", finished_on=today, **fresh)
    if state is DealState.INSPECTING:
        forms["inspection"] = inspection_form(desk, sampled=desk.plan.sampled, **fresh)
    if state is DealState.BALANCE_DUE:
        forms["ship"] = ship_form(desk, **fresh)
    if state is DealState.SHIPPED:
        for share, parcel in desk.parcels():
            if parcel.delivered_at is None:
                forms[f"delivery-{share.id}"] = DeliveryForm(prefix=f"{share.id}-", **fresh)
    return forms
