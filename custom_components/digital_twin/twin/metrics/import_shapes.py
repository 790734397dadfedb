"""The shapes of files that apps and devices export, and what is known and open about a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from ..catalogue import Metric
from ..errors import Fault, TwinError, fault, refuse
from ..records.fields import Context, ObjectReader
from ..records.naming import short_text
from .import_cells import DateOrder
from .units import accepted_unit, metric_of

# Metric and unit of a column; None ignores it.
type Meaning = tuple[str, str | None] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """One kind of file.

    `requires` are names of columns (words in lowercase, without units in brackets), `stem` the
    beginning of the name of the file. `only` names a column and the values of the rows that are
    measurements. `order` is that of its dates; local times are UTC with `utc`.
    """

    name: str
    requires: frozenset[str]
    columns: Mapping[str, Meaning] = field(default_factory=dict)
    stem: str = ""
    only: tuple[str, frozenset[str]] | None = None
    order: DateOrder = DateOrder.NONE
    utc: bool = False


def _shape(name: str, requires: str, /, **more: Any) -> Shape:  # noqa: ANN401  # fields of Shape
    return Shape(name=name, requires=frozenset(requires.split(", ")), **more)


_US: Final = DateOrder.MONTH_FIRST
SHAPES: Final[Sequence[Shape]] = (
    _shape(
        "dexcom",
        "event type, glucose value",
        only=("event type", frozenset({"egv"})),
        columns={"glucose value": ("blood_glucose", None)},
    ),
    _shape(
        "libre",
        "device timestamp, record type",
        columns={
            f"{kind} glucose {written}": ("blood_glucose", unit)
            for kind in ("historic", "scan", "strip")
            for written, unit in (("mg d l", "mg/dL"), ("mmol l", "mmol/L"))
        },
    ),
    _shape(
        "google_fit",
        "move minutes count, step count",
        columns={
            "step count": ("steps", "steps"),
            "average weight": ("weight", None),
            "distance": ("distance", None),
            "calories": None,
        },
    ),
    _shape(
        "oura",
        "date, sleep score, total sleep duration",
        columns={
            "sleep score": ("sleep_score", "points"),
            "total sleep duration": ("sleep_duration", "s"),
            "lowest resting heart rate": ("resting_heart_rate", "bpm"),
            "average hrv": ("heart_rate_variability", "ms"),
            "respiratory rate": ("respiratory_rate", "br/min"),
            "steps": ("steps", "steps"),
            "activity burn": ("active_energy", "kcal"),
        },
    ),
    _shape(
        "samsung_health",
        "datauuid, deviceuuid",
        utc=True,
        columns={
            "weight": ("weight", "kg"),
            "height": ("height", "cm"),
            "body fat": ("body_fat", "%"),
            "muscle mass": ("muscle_mass", "kg"),
            "heart rate": ("heart_rate", "bpm"),
            "systolic": ("systolic_blood_pressure", "mmHg"),
            "diastolic": ("diastolic_blood_pressure", "mmHg"),
            "pulse": ("heart_rate", "bpm"),
            "spo2": ("oxygen_saturation", "%"),
            "glucose": ("blood_glucose", "mmol/L"),
            "step count": ("steps", "steps"),
            "sleep duration": ("sleep_duration", "min"),
            "distance": ("distance", "m"),
        },
    ),
    _shape(
        "openscale",
        "date time, weight, fat, water",
        columns={
            "weight": ("weight", "kg"),
            "fat": ("body_fat", "%"),
            "water": ("body_water", "%"),
            "waist": ("waist_circumference", "cm"),
            "muscle": None,
        },
    ),
    _shape(
        "omron",
        "sys, dia",
        columns={
            "sys": ("systolic_blood_pressure", None),
            "dia": ("diastolic_blood_pressure", None),
            "pulse": ("heart_rate", None),
        },
    ),
    _shape(
        "omron",
        "systolic, diastolic, tru read",
        columns={
            "systolic": ("systolic_blood_pressure", None),
            "diastolic": ("diastolic_blood_pressure", None),
            "pulse": ("heart_rate", None),
        },
    ),
    _shape(
        "cronometer",
        "date, energy, caffeine",
        columns={
            "energy": ("energy_intake", None),
            "caffeine": ("caffeine", None),
            # Of all that was eaten and drunk.
            "water": None,
        },
    ),
    _shape("cronometer", "day, metric, unit, amount"),
    _shape("withings", "date, value", stem="aggregates steps", columns={"value": ("steps", None)}),
    _shape(
        "withings", "date, value", stem="aggregates distance", columns={"value": ("distance", "m")}
    ),
    _shape(
        "withings",
        "date, value",
        stem="aggregates calories earned",
        columns={"value": ("active_energy", "kcal")},
    ),
    _shape("withings", "weight, fat mass, bone mass"),
    _shape("withings", "heart rate, systolic, diastolic, comments"),
    _shape(
        "fitbit",
        "date time, value",
        stem="steps",
        order=_US,
        utc=True,
        columns={"value": ("steps", "steps")},
    ),
    _shape(
        "fitbit",
        "date time, value bpm",
        order=_US,
        utc=True,
        columns={"value bpm": ("heart_rate", "bpm")},
    ),
    _shape(
        "fitbit",
        "date time, value value",
        stem="resting heart rate",
        order=_US,
        columns={"value value": ("resting_heart_rate", "bpm")},
    ),
    _shape(
        "fitbit",
        "log id, date of sleep, minutes asleep",
        columns={"minutes asleep": ("sleep_duration", "min")},
    ),
    _shape(
        "fitbit",
        "log id, weight, bmi",
        order=_US,
        columns={"weight": ("weight", None), "fat": ("body_fat", "%")},
    ),
    _shape("fitbit", "date, weight, bmi, fat", columns={"fat": ("body_fat", "%")}),
    _shape("fitbit", "date, calories burned, steps", columns={"activity calories": None}),
    _shape(
        "garmin",
        "calendar date, total steps",
        columns={
            "total steps": ("steps", "steps"),
            "total distance meters": ("distance", "m"),
            "active kilocalories": ("active_energy", "kcal"),
            "resting heart rate": ("resting_heart_rate", "bpm"),
        },
    ),
    _shape("garmin", "time, weight, change, bmi, body fat"),
    _shape(
        "nightscout",
        "sgv, date string",
        only=("type", frozenset({"sgv"})),
        columns={"sgv": ("blood_glucose", "mg/dL")},
    ),
)


type Raw = dict[str, object]
type Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """What is wrong with one line (or one element of a JSON list), counted from 1."""

    line: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One reading of the file, not parsed yet; `column` names its value."""

    line: int
    metric: object
    raw: Raw
    column: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportChoices:
    """What a person says about a file.

    `date_order`: day or month first. `units`: by metric, where the file has none. `columns`: by
    column the metric, None to ignore it. `us_customary`: whether pounds are as likely as kilograms.
    """

    date_order: DateOrder | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str | None] = field(default_factory=dict)
    us_customary: bool = False


@dataclass(kw_only=True, slots=True)
class ImportPlan:
    """What would be read from a file.

    `columns`: metric and unit by column; `times`: the columns with the time; `ignored`: columns, or
    quantities of documents, that are not read. `missing`: the metrics whose unit has to be chosen.
    `sample`: the first lines as they are.
    """

    shape: str = "table"
    columns: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    times: tuple[str, ...] = ()
    ignored: dict[str, None] = field(default_factory=dict)
    order: DateOrder = DateOrder.NONE
    mark: str = "."
    whole_days: bool = False
    missing: tuple[str, ...] = ()
    sample: tuple[str, ...] = ()

    def check(self, catalogue: Mapping[str, Metric]) -> None:
        """Refuse a file that leaves something open: `ambiguous_dates`, `unit_needed`."""
        faults = []
        if self.order is DateOrder.AMBIGUOUS:
            allowed = (DateOrder.DAY_FIRST.value, DateOrder.MONTH_FIRST.value)
            faults.append(fault("ambiguous_dates", "date_order", allowed=allowed))
        for metric in self.missing[:1]:
            units = catalogue[metric].units
            faults.append(fault("unit_needed", "units", metric=metric, allowed=units))
        if faults:
            raise TwinError(*faults)


DATE_ORDERS: Final = (DateOrder.DAY_FIRST.value, DateOrder.MONTH_FIRST.value)


def read_choices(reader: ObjectReader) -> ImportChoices:
    """Read `date_order`, `units` and `columns`; their faults are those of the reader."""
    return ImportChoices(
        date_order=reader.optional("date_order", _date_order, None),
        units=reader.optional("units", _units, {}),
        columns=reader.optional("columns", _columns, {}),
    )


def _date_order(value: object, context: Context) -> DateOrder:
    text = short_text(value, context)
    if text not in DATE_ORDERS:
        raise refuse("not_an_option", "", value=text, allowed=DATE_ORDERS)
    return DateOrder(text)


def _units(value: object, context: Context) -> Mapping[str, str]:
    """Read units by metric; raises `unknown_metric` or `unknown_unit`."""
    reader = ObjectReader(value, context)
    units = {
        key: reader.required(key, partial(_unit_of, metric), "")
        for key, metric in context.catalogue.items()
        if reader.has(key)
    }
    reader.only(context.catalogue)
    reader.raise_faults()
    return units


def _unit_of(metric: Metric, value: object, _context: Context) -> str:
    return accepted_unit(metric, value)


def _columns(value: object, context: Context) -> Mapping[str, str | None]:
    """Read the metric of each column, null for none; raises `unknown_metric`."""
    if not isinstance(value, Mapping):
        raise refuse("wrong_type", "", value=value, expected="object")
    return {
        str(column): None if metric is None else metric_of(metric, context.catalogue).key
        for column, metric in value.items()
    }
