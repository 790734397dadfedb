"""Documents that name the metric of each value: of this integration and of known apps."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from types import MappingProxyType
from typing import Any, BinaryIO, Final
from xml.parsers import expat

from ..errors import fault, refuse
from .import_cells import DateOrder, parse_when
from .import_shapes import ImportChoices, ImportProblem, ImportRow, Meaning
from .import_tables import numbered_lines

# Health Auto Export, by name: the metric, and the part of an entry with its value.
_AUTO_EXPORT: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "step_count": (("steps", "qty"),),
        "walking_running_distance": (("distance", "qty"),),
        "active_energy": (("active_energy", "qty"),),
        "apple_exercise_time": (("exercise_time", "qty"),),
        "heart_rate": (("heart_rate", "Avg"),),
        "resting_heart_rate": (("resting_heart_rate", "qty"),),
        "heart_rate_variability": (("heart_rate_variability", "qty"),),
        "weight_body_mass": (("weight", "qty"),),
        "body_fat_percentage": (("body_fat", "qty"),),
        "height": (("height", "qty"),),
        "waist_circumference": (("waist_circumference", "qty"),),
        "blood_oxygen_saturation": (("oxygen_saturation", "qty"),),
        "respiratory_rate": (("respiratory_rate", "qty"),),
        "body_temperature": (("body_temperature", "qty"),),
        "blood_glucose": (("blood_glucose", "qty"),),
        "vo2_max": (("vo2_max", "qty"),),
        "dietary_water": (("hydration", "qty"),),
        "dietary_caffeine": (("caffeine", "qty"),),
        "dietary_energy": (("energy_intake", "qty"),),
        "blood_pressure": (
            ("systolic_blood_pressure", "systolic"),
            ("diastolic_blood_pressure", "diastolic"),
        ),
        "sleep_analysis": (("sleep_duration", "totalSleep"), ("sleep_duration", "asleep")),
    }
)
_GOOGLE_FIT: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "com.google.step_count.delta": ("steps", "steps"),
        "com.google.distance.delta": ("distance", "m"),
        "com.google.weight": ("weight", "kg"),
        "com.google.height": ("height", "m"),
        "com.google.heart_rate.bpm": ("heart_rate", "bpm"),
        "com.google.hydration": ("hydration", "L"),
        "com.google.body.fat.percentage": ("body_fat", "%"),
        "com.google.oxygen_saturation": ("oxygen_saturation", "%"),
    }
)
APPLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BodyMass": "weight",
        "Height": "height",
        "BodyFatPercentage": "body_fat",
        "WaistCircumference": "waist_circumference",
        "HeartRate": "heart_rate",
        "RestingHeartRate": "resting_heart_rate",
        "HeartRateVariabilitySDNN": "heart_rate_variability",
        "BloodPressureSystolic": "systolic_blood_pressure",
        "BloodPressureDiastolic": "diastolic_blood_pressure",
        "OxygenSaturation": "oxygen_saturation",
        "RespiratoryRate": "respiratory_rate",
        "BodyTemperature": "body_temperature",
        "BloodGlucose": "blood_glucose",
        "VO2Max": "vo2_max",
        "StepCount": "steps",
        "DistanceWalkingRunning": "distance",
        "ActiveEnergyBurned": "active_energy",
        "AppleExerciseTime": "exercise_time",
        "DietaryWater": "hydration",
        "DietaryCaffeine": "caffeine",
        "DietaryEnergyConsumed": "energy_intake",
    }
)
_ASLEEP: Final = "HKCategoryValueSleepAnalysisAsleep"
_SLEEP: Final = "HKCategoryTypeIdentifierSleepAnalysis"
# Pieces of sleep that are less apart are one sleep.
_ONE_SLEEP: Final = timedelta(hours=1)
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LongRow:
    """A reading of a document that names the metric of each: all but the value are texts.

    `line` is counted from 1. Of what is ignored only `metric`, its name in the file, is known.
    """

    line: int
    metric: str
    value: object = None
    unit: str | None = None
    when: str | None = None
    source: str | None = None
    ignored: bool = False


def json_readings(document: object) -> tuple[str, Iterator[LongRow]] | None:
    """Return the shape of a JSON document of a known app and its readings; None for others."""
    if not isinstance(document, dict):
        return None
    data = document.get("data")
    if isinstance(data, dict) and isinstance(data.get("metrics"), list):
        return "health_auto_export", _auto_export(data["metrics"])
    if isinstance(document.get("Data Points"), list):
        return "google_fit", _google_fit(document["Data Points"])
    return None


def _auto_export(metrics: list[Any]) -> Iterator[LongRow]:
    line = 0
    for metric in metrics:
        if not isinstance(metric, dict) or not isinstance(metric.get("data"), list):
            continue
        name = str(metric.get("name"))
        for entry in metric["data"]:
            line += 1
            parts = entry if isinstance(entry, dict) else {}
            meanings = [
                (key, part)
                for key, part in _AUTO_EXPORT.get(name, ())
                if parts.get(part) not in (None, 0) or name != "sleep_analysis"
            ]
            if not meanings:
                yield LongRow(line, name, ignored=True)
            for key, part in meanings[: 1 if name == "sleep_analysis" else None]:
                yield LongRow(
                    line,
                    key,
                    parts.get(part),
                    _text(metric.get("units")),
                    _text(parts.get("sleepEnd") or parts.get("date")),
                    _text(parts.get("source")),
                )


def _google_fit(points: list[Any]) -> Iterator[LongRow]:
    for line, point in enumerate(points, start=1):
        parts = point if isinstance(point, dict) else {}
        name = str(parts.get("dataTypeName"))
        meaning = _GOOGLE_FIT.get(name)
        if meaning is None:
            yield LongRow(line, name, ignored=True)
            continue
        values = parts.get("fitValue") or parts.get("value") or [{}]
        first = values[0] if isinstance(values, list) and isinstance(values[0], dict) else {}
        inner = first.get("value", first)
        value = inner.get("fpVal", inner.get("intVal")) if isinstance(inner, dict) else None
        nanos = parts.get("endTimeNanos")
        yield LongRow(line, meaning[0], value, meaning[1], _text(nanos), "Google Fit")


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)


@dataclass(kw_only=True, slots=True)
class _Sleep:
    """One sleep of a source, of pieces that follow each other."""

    line: int
    begin: datetime
    end: datetime
    asleep: timedelta


def _aware(text: str | None) -> datetime | None:
    """Return a time with an offset in UTC; None for any other text."""
    with suppress(ValueError, OverflowError):
        when = parse_when(text or "", DateOrder.NONE)
        if isinstance(when, datetime) and when.tzinfo is not None:
            return when.astimezone(UTC)
    return None


class AppleHealth:
    """Reads `export.xml` of Apple Health piece by piece; entities are refused.

    The sleep of a source is the sum of its pieces, measured at its end.
    """

    def __init__(self) -> None:
        self._found: list[LongRow] = []
        self._sleeps: dict[str, list[_Sleep]] = {}
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EntityDeclHandler = self._refuse_entity

    def read(self, file: BinaryIO) -> Iterator[LongRow]:
        """Yield the readings of a file. Raises `TwinError` (`unreadable_file`)."""
        try:
            while chunk := file.read(_CHUNK):
                self._parser.Parse(chunk, False)  # noqa: FBT003  # takes no keyword
                yield from self._found
                self._found.clear()
            self._parser.Parse(b"", True)  # noqa: FBT003  # takes no keyword
        except expat.ExpatError as error:
            raise refuse("unreadable_file", "path", value=f"XML, {error.lineno}") from error
        for source, sleeps in self._sleeps.items():
            for sleep in sleeps:
                minutes = sleep.asleep.total_seconds() / 60
                when = sleep.end.isoformat()
                yield LongRow(sleep.line, "sleep_duration", minutes, "min", when, source)

    def _refuse_entity(self, *_arguments: object) -> None:
        raise refuse("unreadable_file", "path", value="XML, ENTITY")

    def _start(self, tag: str, parts: dict[str, str]) -> None:
        if tag != "Record":
            return
        line = self._parser.CurrentLineNumber
        name = parts.get("type", "")
        source = parts.get("sourceName")
        if name == _SLEEP:
            if parts.get("value", "").startswith(_ASLEEP):
                self._add_sleep(line, parts, source or "")
            return
        short = name.removeprefix("HKQuantityTypeIdentifier")
        if (metric := APPLE.get(short)) is None:
            self._found.append(LongRow(line, short, ignored=True))
            return
        unit = parts.get("unit")
        if unit and unit.startswith("mmol<"):
            unit = "mmol/L"
        self._found.append(
            LongRow(line, metric, parts.get("value"), unit, parts.get("endDate"), source)
        )

    def _add_sleep(self, line: int, parts: Mapping[str, str], source: str) -> None:
        begin, end = _aware(parts.get("startDate")), _aware(parts.get("endDate"))
        if begin is None or end is None or end < begin:
            self._found.append(LongRow(line, "sleep_duration", "", "min", None, source))
            return
        sleeps = self._sleeps.setdefault(source, [])
        last = sleeps[-1] if sleeps else None
        if last is not None and last.begin <= begin <= last.end + _ONE_SLEEP:
            # Pieces of several devices under one name may overlap.
            fresh = max(begin, last.end)
            last.asleep += max(end - fresh, timedelta())
            last.end = max(last.end, end)
        else:
            sleeps.append(_Sleep(line=line, begin=begin, end=end, asleep=end - begin))


def elements_of(
    text: str,
) -> tuple[list[tuple[int, object]], tuple[str, Iterator[LongRow]] | None]:
    """Return the numbered elements of JSON, or else the shape and readings of a known app."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [(number, _json_line(line)) for number, line in numbered_lines(text)]
        if text.startswith("{") and any(isinstance(line, dict) for _, line in lines):
            return lines, None
        line = getattr(error, "lineno", 1)
        raise refuse("unreadable_file", "path", value=f"JSON, {line}") from error
    if (known := json_readings(document)) is not None:
        return [], known
    if isinstance(document, dict):
        readings = document.get("readings", [document])
        if not isinstance(readings, list):
            raise refuse("unreadable_file", "path", value="readings")
        document = readings
    return list(enumerate(document, start=1)), None


class _NoJson:
    """Stands for a line that is no JSON."""


def _json_line(line: str) -> object:
    with suppress(ValueError, RecursionError):
        return json.loads(line)
    return _NoJson


def own_elements(
    elements: Iterable[tuple[int, object]], choices: ImportChoices
) -> Iterator[ImportRow | ImportProblem]:
    """Yield the readings of JSON objects that name their metric, as they are."""
    for number, element in elements:
        if element is _NoJson:
            yield ImportProblem(number, fault("unreadable_line", "line", value=number))
        elif not isinstance(element, dict):
            yield ImportProblem(
                number, fault("wrong_type", "line", value=number, expected="object")
            )
        else:
            raw = {
                part: value
                for part, value in element.items()
                if part != "metric" and value is not None
            }
            metric = element.get("metric")
            if isinstance(metric, str) and metric in choices.units:
                raw.setdefault("unit", choices.units[metric])
            yield ImportRow(number, metric, raw)
