"""What the files of known apps give: small samples with invented values and real headers."""

from collections import Counter
from pathlib import Path

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.metrics.import_cells import DateOrder
from custom_components.digital_twin.twin.metrics.import_documents import AppleHealth
from custom_components.digital_twin.twin.metrics.import_rows import document_rows, open_text
from custom_components.digital_twin.twin.metrics.import_shapes import (
    ImportChoices,
    ImportPlan,
    ImportProblem,
)

from ..refusals import refused
from .test_import_rows import READER

SAMPLES = Path(__file__).parents[2] / "fixtures" / "imports"


def read(name: str) -> tuple[ImportPlan, dict[str, list[float]], list[tuple[int, str, str]]]:
    """Return the plan of a sample, its values by metric, and line, field and key of problems."""
    path = SAMPLES / name
    content = path.read_bytes()
    if name.endswith(".xml"):
        plan = ImportPlan(shape="apple_health")
        with path.open("rb") as file:
            rows = [*document_rows(AppleHealth().read(file), CATALOGUE, plan, ImportChoices())]
    else:
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        choices = ImportChoices(units={"weight": "kg"}) if name == "fitbit_export.csv" else None
        text = content.decode("utf-16" if wide else "utf-8-sig")
        opened = open_text(text, CATALOGUE, choices, path.stem)
        plan = opened.plan
        plan.check(CATALOGUE)
        rows = [*opened.rows()]
    values: dict[str, list[float]] = {}
    problems = []
    for row in rows:
        if isinstance(row, ImportProblem):
            problems.append((row.line, row.fault.field, row.fault.key))
            continue
        try:
            metric, reading = READER.read(row)
        except TwinError as error:
            problems.append((row.line, row.column, error.key))
        else:
            values.setdefault(metric, []).append(reading.value)
    return plan, values, problems


@pytest.mark.parametrize(
    ("name", "shape", "values", "ignored", "problems"),
    [
        (
            "apple_health.xml",
            "apple_health",
            {
                "weight": [69.989],
                "body_fat": [22.3],
                "oxygen_saturation": [97],
                "heart_rate": [61],
                "vo2_max": [41.5],
                "steps": [600],
                "active_energy": [31],
                "blood_glucose": [99.09],
                "sleep_duration": [420, 30],
            },
            {"FlightsClimbed"},
            [(19, "weight", "required_field")],
        ),
        (
            "health_auto_export.json",
            "health_auto_export",
            {
                "steps": [1200],
                "heart_rate": [62],
                "weight": [70.5],
                "systolic_blood_pressure": [121],
                "diastolic_blood_pressure": [79],
                "sleep_duration": [432],
            },
            {"flights_climbed"},
            [],
        ),
        (
            "google_fit_daily.csv",
            "google_fit",
            {"distance": [5.2304, 4.1], "weight": [70.5], "steps": [8123, 6000]},
            {"Calories (kcal)", "Average heart rate (bpm)", "Max weight (kg)", "Heart Points"},
            [],
        ),
        (
            "google_fit_points.json",
            "google_fit",
            {"steps": [410], "weight": [70.5]},
            {"com.google.heart_minutes"},
            [],
        ),
        (
            "fitbit_export.csv",
            "fitbit",
            {"weight": [70.5, 70.1], "body_fat": [21.3, 21], "steps": [10234]},
            {"BMI", "Calories Burned", "Floors", "Activity Calories"},
            [],
        ),
        ("steps-2026-03-01.json", "fitbit", {"steps": [12, 30]}, set(), []),
        ("heart_rate-2026-03-01.json", "fitbit", {"heart_rate": [63]}, {"value confidence"}, []),
        (
            "resting_heart_rate-2026-01-01.json",
            "fitbit",
            {"resting_heart_rate": [58.2, 57.9]},
            {"value error"},
            [],
        ),
        (
            "sleep-2026-03-01.json",
            "fitbit",
            {"sleep_duration": [402]},
            {"minutesAwake", "logId"},
            [],
        ),
        (
            "withings_weight.csv",
            "withings",
            {"weight": [70.5], "muscle_mass": [52.1]},
            {"Fat mass (kg)", "Bone mass (kg)", "Hydration (kg)", "Comments"},
            [],
        ),
        (
            "withings_bp.csv",
            "withings",
            {
                "heart_rate": [61],
                "systolic_blood_pressure": [121],
                "diastolic_blood_pressure": [79],
            },
            {"Comments"},
            [],
        ),
        ("aggregates_distance.csv", "withings", {"distance": [5.23]}, set(), []),
        (
            "garmin_weight.csv",
            "garmin",
            {"weight": [70.5], "body_fat": [21.3], "body_water": [55.2]},
            {"Change", "BMI", "Skeletal Muscle Mass", "Bone Mass"},
            [],
        ),
        (
            "garmin_summary.json",
            "garmin",
            {
                "steps": [8123],
                "distance": [5.23],
                "active_energy": [410],
                "resting_heart_rate": [58],
            },
            {"dailyStepGoal"},
            [],
        ),
        (
            "oura.csv",
            "oura",
            {
                "sleep_score": [84],
                "sleep_duration": [432],
                "resting_heart_rate": [54],
                "heart_rate_variability": [48],
                "respiratory_rate": [14.2],
                "steps": [8123],
                "active_energy": [410],
            },
            {"REM Sleep Duration", "Average Resting Heart Rate", "Temperature Deviation (°C)"},
            [],
        ),
        (
            "samsung_weight.csv",
            "samsung_health",
            {"weight": [70.5], "height": [178], "body_fat": [21.3]},
            {"time_offset", "deviceuuid", "pkg_name", "datauuid"},
            [],
        ),
        (
            "samsung_steps.csv",
            "samsung_health",
            {"steps": [8123], "distance": [5.2305]},
            {"calorie", "speed"},
            [],
        ),
        (
            "libre.csv",
            "libre",
            {"blood_glucose": [98, 104]},
            {"Device", "Serial Number", "Non-numeric Rapid-Acting Insulin"},
            [],
        ),
        (
            "dexcom.csv",
            "dexcom",
            {"blood_glucose": [112]},
            {"Index", "Event Subtype", "Insulin Value (u)"},
            [(6, "Glucose Value (mg/dL)", "wrong_type")],
        ),
        (
            "cronometer_daily.csv",
            "cronometer",
            {"energy_intake": [2134.5], "caffeine": [180]},
            {"Water (g)", "Protein (g)"},
            [],
        ),
        (
            "cronometer_biometrics.csv",
            "cronometer",
            {"weight": [70.5], "body_fat": [21.3]},
            {"Ketones"},
            [],
        ),
        (
            "openscale.csv",
            "openscale",
            {
                "weight": [70.5],
                "body_fat": [21.3],
                "body_water": [55.2],
                "waist_circumference": [82],
            },
            {"muscle", "bone", "comment"},
            [],
        ),
        (
            "omron.csv",
            "omron",
            {
                "systolic_blood_pressure": [121],
                "diastolic_blood_pressure": [79],
                "heart_rate": [61],
            },
            {"Symptoms", "TruRead"},
            [],
        ),
        (
            "omron_connect.csv",
            "omron",
            {
                "systolic_blood_pressure": [121],
                "diastolic_blood_pressure": [79],
                "heart_rate": [61],
            },
            {"Time Zone", "Device"},
            [],
        ),
        ("nightscout.json", "nightscout", {"blood_glucose": [112]}, {"device", "direction"}, []),
        (
            "spreadsheet_pl.csv",
            "table",
            {"weight": [70.5, 70.1], "steps": [8123, 10234], "mood": [7]},
            {"Uwagi"},
            [],
        ),
        (
            "excel_us.csv",
            "table",
            {"weight": [69.9893, 69.8079], "steps": [8123, 10234], "sleep_duration": [432, 405]},
            set(),
            [],
        ),
    ],
)
def test_a_sample_gives_its_readings_and_says_what_it_ignores(
    name: str,
    shape: str,
    values: dict[str, list[float]],
    ignored: set[str],
    problems: list[tuple[int, str, str]],
) -> None:
    plan, found, problems_found = read(name)
    assert plan.shape == shape
    assert found == {
        metric: pytest.approx(numbers, abs=0.006) for metric, numbers in values.items()
    }
    assert ignored <= {*plan.ignored}
    assert problems_found == problems


def test_every_sample_is_in_the_table_and_none_is_large() -> None:
    names = {path.name for path in SAMPLES.iterdir()}
    assert len(names) >= 25
    assert Counter(path.stat().st_size < 4000 for path in SAMPLES.iterdir()) == {True: len(names)}


def opened(text: str, name: str = "", **chosen: object) -> list[tuple[str, float, str]]:
    """Return metric, value and time of a file with choices; raises what refuses it as a whole."""
    choices = ImportChoices(**chosen)  # type: ignore[arg-type]  # as the tests say
    file = open_text(text, CATALOGUE, choices, name)
    file.plan.check(CATALOGUE)
    rows = [row for row in file.rows() if not isinstance(row, ImportProblem)]
    found = map(READER.read, rows)
    return [(metric, each.value, f"{each.measured_at:%m-%dT%H:%M}") for metric, each in found]


def test_dates_that_fit_both_orders_are_asked_for() -> None:
    text = "Date,Weight (kg)\n3/1/2026,70\n3/2/2026,71\n"
    with refused(("ambiguous_dates", "date_order")) as placeholders:
        opened(text)
    assert placeholders[0]["allowed"] == "day_first, month_first"
    first = opened(text, date_order=DateOrder.MONTH_FIRST)
    assert [when for _, _, when in first] == ["03-01T15:00", "03-02T15:00"]
    second = opened(text, date_order=DateOrder.DAY_FIRST)
    assert [when for _, _, when in second] == ["01-03T15:00", "02-03T15:00"]


@pytest.mark.parametrize(
    ("text", "metric", "unit", "value"),
    [
        ("Date,Weight\n2026-03-01,154\n", "weight", "lb", 69.8532),
        ("date,weight\n2026-03-01,154\n", "weight", "lb", 69.8532),
        ("metric,value,date\nweight,154,2026-03-01\n", "weight", "lb", 69.8532),
        ('[{"metric": "weight", "value": 154, "date": "2026-03-01"}]', "weight", "lb", 69.8532),
    ],
)
def test_a_weight_without_a_unit_is_asked_for_where_pounds_are_used(
    text: str, metric: str, unit: str, value: float
) -> None:
    with refused(("unit_needed", "units")) as placeholders:
        opened(text, us_customary=True)
    assert placeholders[0]["metric"] == metric
    ((_, found, _),) = opened(text, us_customary=True, units={metric: unit})
    assert found == pytest.approx(value, abs=0.001)
    # Elsewhere a weight is in kilograms.
    assert opened(text)[0][1] == 154


@pytest.mark.parametrize(
    ("column", "metric"),
    [
        ("Sleep duration", "sleep_duration"),
        ("Blood sugar", "blood_glucose"),
        ("Distance", "distance"),
        ("Water intake", "hydration"),
    ],
)
def test_what_can_be_in_two_units_everywhere_is_asked_for(column: str, metric: str) -> None:
    text = f"Date,{column}\n2026-03-01,7.2\n"
    with refused(("unit_needed", "units")) as placeholders:
        opened(text)
    assert placeholders[0]["metric"] == metric


def test_the_documented_columns_have_the_documented_units() -> None:
    assert opened("date,sleep_duration\n2026-03-01,432\n")[0][1] == 432


def test_a_column_can_be_chosen_or_left_out() -> None:
    text = "Date,Masse,Steps\n2026-03-01,70.5,8000\n"
    assert [metric for metric, *_ in opened(text)] == ["steps"]
    found = opened(text, columns={"Masse": "weight", "Steps": None})
    assert [(metric, value) for metric, value, _ in found] == [("weight", 70.5)]


@pytest.mark.parametrize(
    "text",
    [
        "metric,value,date\nweight,70,\n",
        '[{"metric": "weight", "value": 70}]',
        "Date,Weight\n,70\n",
        '{"data": {"metrics": [{"name": "height", "units": "cm", "data": [{"qty": 170}]}]}}',
    ],
)
def test_a_row_without_a_time_is_refused_and_never_counts_as_now(text: str) -> None:
    problems = []
    for row in open_text(text, CATALOGUE).rows():
        if isinstance(row, ImportProblem):
            problems.append(row.fault.key)
        else:
            with pytest.raises(TwinError) as caught:
                READER.read(row)
            problems.append(caught.value.key)
    assert problems == ["required_field"]


def test_what_is_another_value_is_no_value() -> None:
    header = "Date,Yesterday steps,Step goal,Deep sleep (min),Ideal weight (kg),Steps"
    assert opened(f"{header}\n2026-03-01,1,2,3,4,5\n") == [("steps", 5, "03-01T15:00")]


def test_entities_in_xml_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE HealthData [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        "<HealthData>&b;</HealthData>"
    )
    with path.open("rb") as file, refused(("unreadable_file", "path")):
        list(AppleHealth().read(file))
    path.write_text("<HealthData><Record></HealthData>")
    with path.open("rb") as file, refused(("unreadable_file", "path")):
        list(AppleHealth().read(file))
