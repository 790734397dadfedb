"""What a person lets others know of metrics: who is told what, and what documents keep of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from custom_components.digital_twin.twin.enums import Audience, Disclosure
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.metrics.consent import (
    EVERYTHING,
    discloses,
    disclosure,
    tells_unusual,
)
from custom_components.digital_twin.twin.metrics.health import health_document, withhold_health
from custom_components.digital_twin.twin.metrics.insight import Baseline, Insight
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from custom_components.digital_twin.twin.records.revisions import change, encode

from ..samples import ANNA, context, person
from .test_health import HOUR, daily, health

HOUSEHOLD, ASSISTANTS, API, REMOTE = Audience
EXACT, BAND, TREND, NOTHING = Disclosure
WEIGHT_ONLY = {"weight": {"household": "band", "assistants": "nothing"}}
BAND_AND_TREND = {"mood": {"household": "band", "api": "trend"}}
ALL_BUT_MOOD = {"*": {"assistants": "nothing"}, "mood": {"assistants": "trend"}}


@pytest.mark.parametrize(
    ("fields", "metric", "audiences", "expected"),
    [
        # Unless somebody chooses, only other homes are told nothing.
        ({}, "weight", (HOUSEHOLD,), EXACT),
        ({}, "weight", (ASSISTANTS,), EXACT),
        ({}, "weight", (API,), EXACT),
        ({}, "weight", (REMOTE,), NOTHING),
        ({}, "weight", EVERYTHING, EXACT),
        ({"consent": WEIGHT_ONLY}, "weight", (HOUSEHOLD,), BAND),
        ({"consent": WEIGHT_ONLY}, "weight", (ASSISTANTS,), NOTHING),
        ({"consent": WEIGHT_ONLY}, "weight", (API,), EXACT),
        ({"consent": WEIGHT_ONLY}, "weight", EVERYTHING, EXACT),
        ({"consent": WEIGHT_ONLY}, "mood", (HOUSEHOLD,), EXACT),
        ({"consent": ALL_BUT_MOOD}, "weight", (ASSISTANTS,), NOTHING),
        ({"consent": ALL_BUT_MOOD}, "mood", (ASSISTANTS,), TREND),
        # Of two audiences it is what both may know.
        ({"consent": WEIGHT_ONLY}, "weight", (HOUSEHOLD, API), BAND),
        ({"consent": WEIGHT_ONLY}, "weight", (HOUSEHOLD, ASSISTANTS), NOTHING),
        (
            {"consent": {"mood": {"household": "band", "api": "trend"}}},
            "mood",
            (HOUSEHOLD, API),
            NOTHING,
        ),
        # The choice of the form counts for the household, whatever else is said.
        ({"health_entities": False}, "weight", (HOUSEHOLD,), NOTHING),
        ({"health_entities": False, "consent": WEIGHT_ONLY}, "weight", (HOUSEHOLD,), NOTHING),
        ({"health_entities": False}, "weight", (ASSISTANTS,), EXACT),
    ],
)
def test_who_is_told_what(
    fields: Mapping[str, Any],
    metric: str,
    audiences: tuple[Audience, ...],
    expected: Disclosure,
) -> None:
    anna = person(**fields)
    assert disclosure(anna, metric, audiences) is expected
    assert discloses(anna, (metric,), audiences) is (expected is EXACT)
    assert tells_unusual(anna, metric, audiences) is (expected in (EXACT, BAND))


@pytest.mark.parametrize(
    ("consent", "field", "key"),
    [
        ([], "consent", "wrong_type"),
        ({"weight": []}, "consent.weight", "wrong_type"),
        ({"wieght": {"api": "band"}}, "consent.wieght", "unknown_metric"),
        ({"weight": {"everybody": "band"}}, "consent.weight.everybody", "not_an_option"),
        ({"weight": {"api": "some"}}, "consent.weight.api", "not_an_option"),
    ],
)
def test_what_is_no_consent_is_refused(consent: object, field: str, key: str) -> None:
    with pytest.raises(TwinError) as refused:
        person(consent=consent)
    assert [(each.field, each.key) for each in refused.value.faults] == [(field, key)]


def _patched(before: Person, patch: object) -> object:
    changed = change(PERSON, before, {"consent": patch}, context())
    return encode(PERSON, changed)["consent"]


def test_consent_is_changed_by_metric_and_audience() -> None:
    anna = person(consent=WEIGHT_ONLY)
    assert _patched(anna, {"weight": {"api": "Trend"}}) == {
        "weight": {"household": "band", "assistants": "nothing", "api": "trend"}
    }
    assert _patched(anna, {"weight": {"household": None}}) == {"weight": {"assistants": "nothing"}}
    assert _patched(anna, {"weight": None}) == {}
    assert _patched(anna, {"mood": {"api": None}}) == WEIGHT_ONLY


def test_what_is_stored_of_a_metric_that_is_gone_is_kept() -> None:
    stored = PERSON.fields["consent"].parse({"grip": {"api": "band"}}, context(stored=True))
    assert stored == {"grip": {API: BAND}}


def _document(**consent: object) -> dict[str, Any]:
    """Return the document of somebody who weighs more than usual, as apps get it."""
    found = health(*daily("weight", 70)[1:], ("weight", 90, HOUR), ("height", 170, HOUR))
    document: dict[str, Any] = {
        "health_metrics": {"weight": {"value": 90}},
        **health_document(found),
    }
    withhold_health(document, person(ANNA, consent=consent), (API,))
    return document


def test_a_document_tells_no_more_than_it_may() -> None:
    exact = _document()["metrics"]["weight"]
    assert (exact["told"], exact["band"], exact["trend"]) == ("exact", "high", "steady")
    assert exact["value"] == 90
    kept = {"unit": "kg", "day": "2026-03-20", "fresh": True}
    empty = dict.fromkeys(exact) | {"sources": {}}
    found = _document(weight={"api": "band"})
    assert found["health_metrics"] == {}
    assert found["metrics"]["weight"] == empty | kept | {
        "told": "band",
        "band": "high",
        "anomaly": True,
        "direction": "high",
    }
    found = _document(weight={"api": "trend"})
    assert found["metrics"]["weight"] == empty | kept | {"told": "trend", "trend": "steady"}
    assert "weight" not in _document(weight={"api": "nothing"})["metrics"]


@pytest.mark.parametrize("level", ["band", "trend", "nothing"])
@pytest.mark.parametrize("metric", ["weight", "height"])
def test_what_is_worked_out_is_told_with_all_that_it_is_of(metric: str, level: str) -> None:
    assert _document()["bmi"] is not None
    assert _document(**{metric: {"api": level}})["bmi"] is None
    assert _document(mood={"api": level})["bmi"] is not None


@pytest.mark.parametrize(
    ("per_week", "expected"),
    [(0.0, "steady"), (0.24, "steady"), (0.26, "rising"), (-0.26, "falling"), (None, None)],
)
def test_a_metric_rises_by_more_than_a_usual_deviation_in_four_weeks(
    per_week: float | None, expected: str | None
) -> None:
    # 1.4826 times this is one.
    usual = Baseline(median=70, mad=1 / 1.4826, days=28)
    found = Insight(trend_per_week=per_week, baseline=usual)
    (view,) = health(("weight", 70, HOUR)).metrics()
    assert found.trend(view.metric) == expected
    assert Insight(trend_per_week=per_week).trend(view.metric) is None
