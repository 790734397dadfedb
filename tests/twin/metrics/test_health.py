from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.health import PersonHealth, health_document
from custom_components.digital_twin.twin.metrics.history import MetricHistory
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.metrics.recording import record_readings
from custom_components.digital_twin.twin.records.fields import PersonDay
from custom_components.digital_twin.twin.records.revisions import touch

from ..samples import context, person

DAYS = PersonDay(ZoneInfo("Europe/Warsaw"))
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def health(
    *batch: tuple[str, float, timedelta], now: datetime = NOW, running: bool = False
) -> PersonHealth:
    """Make the health of a person from readings with their ages before `NOW`."""
    histories: dict[str, MetricHistory] = {}
    intake = record_readings(
        {},
        histories,
        (
            (key, Reading(value=value, unit="", measured_at=NOW - ago, source="x", running=running))
            for key, value, ago in batch
        ),
        days=DAYS,
        today=DAYS.day_of(NOW).toordinal(),
        catalogue=CATALOGUE,
    )
    return PersonHealth(
        person=touch(person(), context(), health_metrics=intake.readings),
        days=DAYS,
        histories=histories,
        catalogue=CATALOGUE,
        now=now,
    )


def daily(key: str, value: float, days: int = 20) -> list[tuple[str, float, timedelta]]:
    return [(key, value + day % 2, timedelta(days=day)) for day in range(days)]


HOUR = timedelta(hours=1)


def test_without_a_reading_there_is_nothing() -> None:
    assert health().metric("weight") is None
    assert list(health().metrics()) == []


def test_a_metric_outside_the_catalogue_is_left_out() -> None:
    anna = touch(
        person(),
        context(),
        health_metrics={"gone": Reading(value=1, unit="", measured_at=NOW, source="x")},
    )
    found = PersonHealth(person=anna, days=DAYS, histories={}, catalogue=CATALOGUE, now=NOW)
    assert list(found.metrics()) == []
    assert found.directions() == {}
    assert found.next_stale() is None
    assert found.stale_between(NOW, NOW + timedelta(days=99)) == []


def test_a_level_holds_until_there_is_another_and_is_stale_after_a_while() -> None:
    view = health(("weight", 70, timedelta(days=30))).metric("weight")
    assert view is not None
    assert (view.value, view.fresh, view.day) == (70, False, date(2026, 2, 18))
    assert view.sources == {"x": 70}


def test_a_daily_total_is_unknown_on_a_day_of_which_nothing_is_known() -> None:
    drunk = health(("hydration", 250, HOUR), ("hydration", 500, 2 * HOUR))
    view = drunk.metric("hydration")
    assert view is not None
    assert (view.value, view.fresh, view.sources) == (750, True, {"x": 750})
    tomorrow = PersonHealth(
        person=drunk.person,
        days=DAYS,
        histories=drunk.histories,
        catalogue=CATALOGUE,
        now=NOW + timedelta(hours=11),
    )
    view = tomorrow.metric("hydration")
    assert view is not None
    assert (view.value, view.fresh) == (None, False)
    assert view.reading.value == 750


def test_a_total_without_history_is_what_it_says() -> None:
    reading = Reading(value=900, unit="mL", measured_at=NOW, source="app")
    anna = touch(person(), context(), health_metrics={"hydration": reading})
    found = PersonHealth(person=anna, days=DAYS, histories={}, catalogue=CATALOGUE, now=NOW)
    view = found.metric("hydration")
    assert view is not None
    assert (view.value, view.sources) == (900, {"app": 900})


def test_readiness_takes_fresh_values_and_the_days_before() -> None:
    night = timedelta(hours=5)
    rested = health(
        *daily("heart_rate_variability", 50),
        *daily("resting_heart_rate", 60),
        ("sleep_score", 80, night),
    ).readiness()
    assert rested.missing == ()
    assert rested.parts["sleep_score"].value == 80
    assert rested.score is not None
    old = health(*daily("heart_rate_variability", 50), ("sleep_score", 80, timedelta(days=3)))
    assert old.readiness().missing == ("sleep_score", "resting_heart_rate")


def test_the_history_is_listed_by_day() -> None:
    listed = health(*daily("weight", 70, 3)).history("weight", date(2026, 3, 19), date.max)
    assert [(each.day.day, each.value) for each in listed] == [(19, 71), (20, 70)]
    assert health().history("weight", date.min, date.max) == []


def test_the_next_value_to_become_stale_is_known() -> None:
    found = health(
        ("heart_rate", 60, HOUR / 2),
        ("weight", 70, HOUR),
        ("height", 170, HOUR),
        ("hydration", 250, HOUR),
    )
    assert found.next_stale() == NOW + HOUR / 2
    assert found.stale_between(NOW, NOW + HOUR / 2) == ["heart_rate"]
    assert found.stale_between(NOW + HOUR / 2, NOW + HOUR) == []
    assert {*found.stale_between(NOW, NOW + timedelta(days=30))} == {"heart_rate", "weight"}
    assert health(("heart_rate", 60, 2 * HOUR)).next_stale() is None


def test_the_document_has_what_is_derived() -> None:
    document = health_document(health(*daily("weight", 70), ("height", 170, HOUR)))
    assert document["bmi"] == 24.2
    assert document["age"] is None
    metrics = document["metrics"]
    assert isinstance(metrics, dict)
    assert metrics["weight"] == {
        "value": 70,
        "unit": "kg",
        "day": "2026-03-20",
        "fresh": True,
        "sources": {"x": 70},
        "mean_7_days": 70.429,
        "trend_per_week": 0.0,
        "baseline": {"median": 71, "mad": 0, "days": 19},
        "anomaly": False,
        "direction": None,
        "told": "exact",
        "band": "usual",
        "trend": "steady",
    }
    height = metrics["height"]
    assert isinstance(height, dict)
    assert height["baseline"] is None
    assert document["readiness"] == {
        "score": None,
        "parts": {},
        "missing": ["sleep_score", "heart_rate_variability", "resting_heart_rate"],
    }
    parts = health_document(health(("sleep_score", 80, HOUR)))["readiness"]
    assert isinstance(parts, dict)
    assert parts["parts"] == {"sleep_score": {"value": 80, "score": 80, "weight": 0.4}}


def test_directions_are_those_of_the_metrics_that_can_be_judged() -> None:
    found = health(
        *daily("weight", 70),
        *daily("steps", 5000)[1:],
        *daily("heart_rate", 60)[1:],
        ("heart_rate", 110, HOUR / 2),
        *daily("resting_heart_rate", 50)[3:],
        ("mood", 7, HOUR),
    )
    assert found.directions() == {"weight": "", "steps": "", "heart_rate": "high"}
    for view in found.metrics():
        judged = found.directions().get(view.metric.key)
        assert view.insight.direction == (judged or None)
        assert view.insight.anomaly == (None if judged is None else judged != "")
