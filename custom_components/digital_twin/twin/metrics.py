"""The catalogue of health metrics: one table of everything that is known about each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from .collecting import Collector
from .enums import MetricKind
from .errors import refuse
from .numeric import number
from .parsers import as_text
from .units import convert_unit, spelled


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One health metric.

    `unit` is the canonical unit, the one that twins hold; `units` are those accepted in input, the
    canonical one first. `minimum` and `maximum` (canonical, inclusive) bound what can be true of a
    human being, a premature baby or a record holder; what is healthy is another matter.
    `precision` is the number of decimals to display, in `suggested_unit` where there is one.
    `suggested_unit_us` is for households with US customary units, where Home Assistant does not
    choose such a unit by itself. `loinc` is None where no code means just this.
    """

    key: str
    unit: str
    units: tuple[str, ...]
    minimum: float
    maximum: float
    precision: int = 0
    kind: MetricKind = MetricKind.LEVEL
    device_class: str | None = None
    suggested_unit: str | None = None
    suggested_unit_us: str | None = None
    loinc: str | None = None

    @property
    def state_class(self) -> str:
        """Home Assistant's state class."""
        return "total_increasing" if self.kind is MetricKind.DAILY_TOTAL else "measurement"


_BODY_MASS = ("kg", "g", "lb", "st", "oz")
_BODY_LENGTH = ("cm", "m", "mm", "in", "ft")
_PRESSURE = ("mmHg", "kPa")
_TIME = ("min", "h", "s")
_ENERGY = ("kcal", "kJ", "cal", "MJ", "Wh", "kWh")
# The longest day, the one on which clocks are set back.
_MINUTES_OF_A_DAY = 25 * 60

_METRICS = (
    Metric(
        key="weight",
        unit="kg",
        units=_BODY_MASS,
        minimum=0.2,
        maximum=650,
        precision=1,
        device_class="weight",
        suggested_unit_us="lb",
        loinc="29463-7",
    ),
    Metric(
        key="height",
        unit="cm",
        units=_BODY_LENGTH,
        minimum=20,
        maximum=280,
        precision=1,
        device_class="distance",
        loinc="8302-2",
    ),
    Metric(
        key="body_fat",
        unit="%",
        units=("%",),
        minimum=1,
        maximum=80,
        precision=1,
        loinc="41982-0",
    ),
    Metric(
        key="muscle_mass",
        unit="kg",
        units=_BODY_MASS,
        minimum=0.05,
        maximum=200,
        precision=1,
        device_class="weight",
        suggested_unit_us="lb",
        loinc="73964-9",
    ),
    Metric(key="body_water", unit="%", units=("%",), minimum=20, maximum=90, precision=1),
    Metric(
        key="waist_circumference",
        unit="cm",
        units=_BODY_LENGTH,
        minimum=15,
        maximum=350,
        precision=1,
        device_class="distance",
        loinc="8280-0",
    ),
    Metric(key="heart_rate", unit="bpm", units=("bpm",), minimum=15, maximum=350, loinc="8867-4"),
    Metric(
        key="resting_heart_rate",
        unit="bpm",
        units=("bpm",),
        minimum=15,
        maximum=220,
        loinc="40443-4",
    ),
    # Watches give RMSSD, phones SDNN; the codes that exist are for one of them each.
    Metric(
        key="heart_rate_variability",
        unit="ms",
        units=("ms", "s"),
        minimum=0,
        maximum=500,
    ),
    Metric(
        key="systolic_blood_pressure",
        unit="mmHg",
        units=_PRESSURE,
        minimum=30,
        maximum=370,
        device_class="pressure",
        suggested_unit="mmHg",
        loinc="8480-6",
    ),
    Metric(
        key="diastolic_blood_pressure",
        unit="mmHg",
        units=_PRESSURE,
        minimum=10,
        maximum=360,
        device_class="pressure",
        suggested_unit="mmHg",
        loinc="8462-4",
    ),
    Metric(
        key="oxygen_saturation",
        unit="%",
        units=("%",),
        minimum=30,
        maximum=100,
        loinc="59408-5",
    ),
    Metric(
        key="respiratory_rate",
        unit="br/min",
        units=("br/min",),
        minimum=2,
        maximum=120,
        precision=1,
        loinc="9279-1",
    ),
    Metric(
        key="body_temperature",
        unit="°C",
        units=("°C", "°F", "K"),
        minimum=25,
        maximum=45,
        precision=1,
        device_class="temperature",
        loinc="8310-5",
    ),
    Metric(
        key="blood_glucose",
        unit="mg/dL",
        units=("mg/dL", "mmol/L"),
        minimum=5,
        maximum=2000,
        device_class="blood_glucose_concentration",
        loinc="2339-0",
    ),
    Metric(
        key="vo2_max",
        unit="mL/kg/min",
        units=("mL/kg/min",),
        minimum=5,
        maximum=100,
        precision=1,
        loinc="94122-9",
    ),
    Metric(
        key="steps",
        unit="steps",
        units=("steps",),
        minimum=0,
        maximum=500_000,
        kind=MetricKind.DAILY_TOTAL,
        loinc="41950-7",
    ),
    # Walked, run, ridden or swum: the codes that exist are for one way of moving each.
    Metric(
        key="distance",
        unit="km",
        units=("km", "m", "mi", "yd", "ft"),
        minimum=0,
        maximum=1500,
        precision=2,
        kind=MetricKind.DAILY_TOTAL,
        device_class="distance",
    ),
    Metric(
        key="active_energy",
        unit="kcal",
        units=_ENERGY,
        minimum=0,
        maximum=20_000,
        kind=MetricKind.DAILY_TOTAL,
        device_class="energy",
        suggested_unit="kcal",
        loinc="41981-2",
    ),
    Metric(
        key="exercise_time",
        unit="min",
        units=_TIME,
        minimum=0,
        maximum=_MINUTES_OF_A_DAY,
        kind=MetricKind.DAILY_TOTAL,
        device_class="duration",
        suggested_unit="min",
        loinc="55411-3",
    ),
    Metric(
        key="sleep_duration",
        unit="min",
        units=_TIME,
        minimum=0,
        maximum=_MINUTES_OF_A_DAY,
        precision=2,
        device_class="duration",
        suggested_unit="h",
        loinc="93832-4",
    ),
    Metric(key="sleep_score", unit="points", units=("points",), minimum=0, maximum=100),
    Metric(
        key="hydration",
        unit="mL",
        units=("mL", "L", "fl. oz.", "gal"),
        minimum=0,
        maximum=30_000,
        kind=MetricKind.DAILY_TOTAL,
        device_class="volume",
        loinc="9108-2",
    ),
    Metric(
        key="caffeine",
        unit="mg",
        units=("mg", "g", "μg"),
        minimum=0,
        maximum=10_000,
        kind=MetricKind.DAILY_TOTAL,
        device_class="weight",
        loinc="80489-8",
    ),
    Metric(
        key="energy_intake",
        unit="kcal",
        units=_ENERGY,
        minimum=0,
        maximum=30_000,
        kind=MetricKind.DAILY_TOTAL,
        device_class="energy",
        suggested_unit="kcal",
        loinc="9052-2",
    ),
    # From 1, as bad as it gets, to 10, as good as it gets.
    Metric(key="mood", unit="points", units=("points",), minimum=1, maximum=10),
    # From 0, at rest, to 100, as watches give it.
    Metric(key="stress", unit="points", units=("points",), minimum=0, maximum=100),
)

CATALOGUE: Mapping[str, Metric] = MappingProxyType({metric.key: metric for metric in _METRICS})


def metric_of(key: object, catalogue: Mapping[str, Metric] = CATALOGUE) -> Metric:
    """Return the metric of that key, or refuse the key as `unknown_metric`."""
    if not isinstance(key, str) or key not in catalogue:
        raise refuse("unknown_metric", "", value=key, allowed=list(catalogue))
    return catalogue[key]


def accepted_unit(metric: Metric, unit: object) -> str:
    """Return the unit in Home Assistant's spelling; None is the canonical one.

    Refuses what the metric does not accept as `unknown_unit`, naming what it does.
    """
    if unit is None:
        return metric.unit
    known = spelled(as_text(unit))
    if known not in metric.units:
        raise refuse("unknown_unit", "", value=unit, allowed=metric.units)
    return known


def convert(metric: Metric, value: object, unit: object = None, *, at: str = "") -> float:
    """Convert a value into the canonical unit of the metric.

    The result has two decimals more than are displayed: enough to come back to the number that
    was sent, and free of the noise of binary fractions (157 lb are 71.214 kg, not
    71.21400209 kg), so that the same reading from two sources is the same number.

    Raises `TwinError`: at `at`, `wrong_type` for what is not a finite number; at `unit`,
    `unknown_unit`.
    """
    collector = Collector()
    measured = collector.take(at, partial(number, value), 0.0)
    known = collector.take("unit", partial(accepted_unit, metric, unit), metric.unit)
    collector.settle()
    return round(convert_unit(measured, known, metric.unit), metric.precision + 2)


def check_range(metric: Metric, value: float, *, at: str = "") -> None:
    """Refuse a value in the canonical unit that no human being can have (`out_of_range`)."""
    if not metric.minimum <= value <= metric.maximum:
        raise refuse(
            "out_of_range",
            at,
            value=value,
            minimum=metric.minimum,
            maximum=metric.maximum,
            unit=metric.unit,
        )
