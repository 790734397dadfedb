"""Which metrics of a person go together, asked by an action, REST and WebSocket."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
import threading
from typing import Any
from unittest.mock import patch

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.digital_twin.commands import people
from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics import correlation
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from tests.common import ANNA, JAN, runtime

from .conftest import Api

YESTERDAY = date(2026, 3, 1)
DAYS = 100
SHORTER = "On nights after a day with more caffeine than usual,"
UNCLEAR = "Anna: it is not clear whether"
EARLY = "Anna: it is too early to tell whether steps and"
SAME = "Anna: whether steps and height go together"
type Ask = Callable[..., Awaitable[dict[str, Any]]]


def _readings(metric: str, values: dict[int, float], hour: int) -> Iterator[tuple[str, Reading]]:
    """Yield readings by the number of days before yesterday."""
    for ago, value in values.items():
        at = datetime(2026, 3, 1, hour, tzinfo=UTC) - timedelta(days=ago)
        unit = CATALOGUE[metric].unit if metric in CATALOGUE else "points"
        yield metric, Reading(value=value, unit=unit, measured_at=at, source="test", running=True)


@pytest.fixture
async def lives(api_entry: MockConfigEntry) -> None:
    """Record a hundred days of Anna.

    Her pulse is lower on days with more steps, and her sleep shorter after days with more caffeine.
    Distance follows from steps. Her mood is what it is.
    """
    chance = Random(1)  # noqa: S311  # no secret
    steps = {ago: 8000 + 2500 * chance.uniform(-1, 1) for ago in range(DAYS)}
    caffeine = {ago: float(chance.randrange(0, 500, 50)) for ago in range(DAYS)}
    values = {
        "steps": steps,
        "distance": {ago: value / 1400 for ago, value in steps.items()},
        "caffeine": caffeine,
        "resting_heart_rate": {
            ago: 68 - value / 1000 + chance.gauss(0, 0.6) for ago, value in steps.items()
        },
        "sleep_duration": {
            ago: 480 - caffeine.get(ago + 1, 200) / 4 + chance.gauss(0, 20) for ago in range(DAYS)
        },
        "mood": {ago: float(chance.randint(4, 9)) for ago in range(DAYS)},
        "weight": {ago: 70 + chance.gauss() for ago in range(9)},
        "height": dict.fromkeys(range(30), 170.0),
    }
    hours = {"sleep_duration": 6, "resting_heart_rate": 7}
    registry = runtime(api_entry).registry
    for metric, known in values.items():
        await registry.async_record(ANNA, [*_readings(metric, known, hours.get(metric, 18))])


@pytest.fixture
def ask(hass: HomeAssistant, lives: None) -> Ask:
    """Ask by the action, about Anna."""

    async def ask(**data: object) -> dict[str, Any]:
        answer = await hass.services.async_call(
            DOMAIN,
            "get_correlations",
            {"person": ANNA, **data},
            blocking=True,
            context=Context(),
            return_response=True,
        )
        assert isinstance(answer, dict)
        return answer

    return ask


def _said(answer: dict[str, Any]) -> list[str]:
    return [each["sentence"] for each in answer["correlations"]]


async def test_the_strongest_are_told_with_their_intervals(ask: Ask) -> None:
    answer = await ask()
    found = answer.pop("correlations")
    assert answer == {
        "person_id": ANNA,
        "from": "2025-09-03",
        "to": "2026-03-01",
        "days_left_out": 0,
        # Six metrics: three pairs of each two, but not of steps and distance. The height never
        # differs, and of the weight there are too few days.
        "compared": 42,
        "confidence": 0.95,
        "confidence_of": "all",
        "nothing": None,
    }
    by_pair = {(each["metric"], each["other_metric"], each["lag"]): each for each in found}
    assert by_pair.keys() == {
        ("caffeine", "sleep_duration", 1),
        # And not the distance, which tells the same.
        ("steps", "resting_heart_rate", 0),
    }
    night = by_pair["caffeine", "sleep_duration", 1]
    assert night == {
        "metric": "caffeine",
        "other_metric": "sleep_duration",
        "lag": 1,
        "days": 99,
        "r": pytest.approx(-0.84, abs=0.05),
        "low": pytest.approx(-0.93, abs=0.05),
        "high": pytest.approx(-0.68, abs=0.08),
        "confidence": round(1 - 0.05 / 42, 5),
        "clear": True,
        "sentence": f"{SHORTER} Anna's sleep tended to be shorter (99 days).",
        "text": f"{SHORTER} sleep tended to be shorter (99 days).",
    }
    assert by_pair["steps", "resting_heart_rate", 0]["sentence"] == (
        "On days with more steps than usual, Anna's resting heart rate tended to be lower "
        "(100 days)."
    )


async def test_sentences_are_in_the_language_of_the_household(
    hass: HomeAssistant, ask: Ask
) -> None:
    hass.config.language = "pl"
    said = _said(await ask(metric="sleep_duration"))
    night = "w nocy po dniach z większą niż zwykle ilością kofeiny sen był na ogół krótszy"
    assert said == [f"Anna: {night} (99 dni)."]
    assert _said(await ask(metric="mood", other_metric="steps"))[0] == (
        "Anna: nie widać wyraźnie, żeby kroki i nastrój tego samego dnia szły w parze (100 dni)."
    )


async def test_a_pair_that_is_named_is_answered_whatever_it_is(ask: Ask) -> None:
    answer = await ask(metric="distance", other_metric="steps", days=60)
    assert (answer["from"], answer["compared"]) == ("2026-01-01", 3)
    assert answer["confidence_of"] == "each"
    same, after, before = answer["correlations"]
    assert (same["metric"], same["other_metric"], same["lag"]) == ("steps", "distance", 0)
    assert (same["days"], same["r"], same["confidence"]) == (60, 1.0, 0.95)
    assert (after["metric"], after["lag"], after["days"]) == ("steps", 1, 59)
    assert (before["metric"], before["lag"]) == ("distance", 1)
    assert _said(answer)[1:] == [
        f"{UNCLEAR} steps of one day and distance of the next go together (59 days).",
        f"{UNCLEAR} distance of one day and steps of the next go together (59 days).",
    ]


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ("weight", f"{EARLY} weight go together (9 days with both, at least 14 are needed)."),
        (
            "blood_glucose",
            f"{EARLY} blood glucose go together (0 days with both, at least 14 are needed).",
        ),
        ("height", f"{SAME} cannot be told: one of them is always the same (30 days)."),
    ],
)
async def test_what_cannot_be_told_of_a_pair_is_said(ask: Ask, metric: str, sentence: str) -> None:
    same = (await ask(metric=metric, other_metric="steps"))["correlations"][0]
    assert (same["r"], same["low"], same["high"], same["clear"]) == (None, None, None, False)
    assert same["sentence"] == sentence


async def test_with_one_metric_only_its_pairs_are_compared(ask: Ask) -> None:
    answer = await ask(metric="steps")
    assert answer["compared"] == 12
    found = [(each["metric"], each["other_metric"]) for each in answer["correlations"]]
    assert found == [("steps", "resting_heart_rate")]


async def test_where_nothing_goes_together_that_is_said(ask: Ask) -> None:
    answer = await ask(metric="mood", days=90)
    assert answer["correlations"] == []
    assert answer["nothing"] == "Nothing clearly goes together in the last 90 days."
    answer = await ask(metric="weight")
    assert answer["compared"] == 0
    assert answer["nothing"] == "There are too few days yet to tell what goes together."
    answer = await ask(person=JAN)
    assert answer["nothing"] == "There are too few days yet to tell what goes together."


async def test_days_of_illness_are_left_out_and_counted(
    api_entry: MockConfigEntry, ask: Ask
) -> None:
    ill = {"context": "ill", "context_since": "2026-01-01", "context_until": "2026-01-10"}
    await runtime(api_entry).registry.async_update(PERSON, ANNA, ill)
    answer = await ask(metric="steps", other_metric="mood")
    assert answer["days_left_out"] == 10
    same, after, _ = answer["correlations"]
    assert same["days"] == DAYS - 10
    # Neither the day before the illness with its first one, nor the last one with the day after.
    assert after["days"] == DAYS - 1 - 11


async def test_an_illness_long_ago_is_left_out_too(api_entry: MockConfigEntry, ask: Ask) -> None:
    ill = {"context": "ill", "context_since": "2025-10-01", "context_until": "2025-10-04"}
    await runtime(api_entry).registry.async_update(PERSON, ANNA, ill)
    assert (await ask())["days_left_out"] == 4
    assert (await ask(days=28))["days_left_out"] == 0


async def test_the_present_day_is_not_over(api_entry: MockConfigEntry, ask: Ask) -> None:
    before = await ask()
    today = [*_readings("steps", {-1: 3.0}, 10)]
    await runtime(api_entry).registry.async_record(ANNA, today)
    assert await ask() == before


async def test_what_a_quick_entry_records_together_is_no_news(
    api_entry: MockConfigEntry, ask: Ask
) -> None:
    pair = {"steps": {"value": 500}, "resting_heart_rate": {"value": 60}}
    entries = [{"name": "Walk", "metrics": pair}]
    await runtime(api_entry).registry.async_update(PERSON, ANNA, {"quick_entries": entries})
    answer = await ask(metric="resting_heart_rate")
    found = [(each["metric"], each["other_metric"]) for each in answer["correlations"]]
    assert found == [("distance", "resting_heart_rate")]


async def test_a_metric_of_the_household_has_its_own_name(
    api_entry: MockConfigEntry, ask: Ask
) -> None:
    registry = runtime(api_entry).registry
    pollen = define_metric(
        {"key": "pollen", "name": "Pollen", "unit": "points", "minimum": 0, "maximum": 1000}
    )
    registry.async_set_household_metrics([pollen])
    chance = Random(2)  # noqa: S311  # no secret
    anna = registry.histories(ANNA)["steps"]
    last = YESTERDAY.toordinal()
    values = {last - day: value / 100 for day, value in anna.between(last - 60, last)}
    noisy = {ago: value + chance.gauss() for ago, value in values.items()}
    await registry.async_record(ANNA, [*_readings(pollen.key, noisy, 12)])
    said = _said(await ask(metric=pollen.key))
    assert (
        "On days with more steps than usual, Anna's Pollen tended to be higher (61 days)." in said
    )


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"metric": "luck"}, "unknown_metric", "metric"),
        ({"metric": "mood", "other_metric": "luck"}, "unknown_metric", "other_metric"),
        ({"metric": "mood", "other_metric": "mood"}, "same_metric", "other_metric"),
        ({"other_metric": "mood"}, "required_field", "metric"),
        ({"days": 27}, "out_of_range", "days"),
        ({"days": 401}, "out_of_range", "days"),
        ({"days": "90"}, "wrong_type_whole_number", "days"),
        ({"months": 3}, "unknown_field", "months"),
    ],
)
async def test_a_bad_question_is_refused(
    ask: Ask, data: dict[str, object], key: str, field: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await ask(**data)
    assert refused.value.translation_key == key
    assert refused.value.translation_placeholders
    assert refused.value.translation_placeholders["field"] == field


async def test_rest_answers_the_same(api: Api, ask: Ask) -> None:
    path = f"/persons/{ANNA}/correlations"
    assert await api.ok("GET", f"{path}?metric=steps&days=90") == await ask(metric="steps", days=90)
    assert await api.ok("GET", path) == await ask()


async def test_websocket_answers_the_same(
    hass: HomeAssistant, ask: Ask, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {"type": f"{DOMAIN}/correlations", "person": ANNA, "metric": "steps", "days": 90}
    )
    response = await client.receive_json()
    assert response["result"] == await ask(metric="steps", days=90)


@pytest.mark.parametrize(
    ("query", "field", "key"),
    [
        ("days=ninety", "days", "wrong_type_whole_number"),
        ("days=-90", "days", "wrong_type_whole_number"),
        ("days=1", "days", "out_of_range"),
        ("other_metric=steps", "metric", "required_field"),
        ("from=2026-01-01", "from", "unknown_parameter"),
    ],
)
async def test_rest_names_the_parameter_at_fault(
    api: Api, query: str, field: str, key: str
) -> None:
    problem = await api.problem(400, "GET", f"/persons/{ANNA}/correlations?{query}")
    assert [(each["field"], each["key"]) for each in problem["errors"]] == [(field, key)]


async def test_only_those_who_may_read_a_person_are_told(api: Api, lives: None) -> None:
    path = f"/persons/{ANNA}/correlations"
    for user in ("jan", "guest", "reader"):
        assert (await api.call(user, "GET", path)).status == 403
    assert (await api.call("anna", "GET", path)).status == 200
    unknown = "/persons/90000000-0000-4000-8000-000000000009/correlations"
    await api.problem(404, "GET", unknown)


async def test_the_event_loop_does_not_compute(ask: Ask) -> None:
    threads = list[int]()
    compute = correlation.strongest

    def noted(*arguments: Any) -> Any:  # noqa: ANN401  # those of the function
        threads.append(threading.get_ident())
        return compute(*arguments)

    with patch.object(people, "strongest", noted):
        await ask()
    assert len(threads) == 1
    assert threads != [threading.get_ident()]


# What a person does not let others know.


@pytest.mark.parametrize("level", ["band", "trend", "nothing"])
async def test_what_may_not_be_known_exactly_takes_no_part(
    api_entry: MockConfigEntry, api: Api, ask: Ask, level: str
) -> None:
    patch = {"consent": {"caffeine": {"api": level}}}
    await runtime(api_entry).registry.async_update(PERSON, ANNA, patch)
    path = f"/persons/{ANNA}/correlations"
    answer = await api.ok("GET", path)
    assert [(each["metric"], each["other_metric"]) for each in answer["correlations"]] == [
        ("steps", "resting_heart_rate")
    ]
    # Five metrics are left.
    assert answer["compared"] == 27
    for query in ("metric=caffeine", "metric=steps&other_metric=caffeine"):
        problem = await api.problem(403, "GET", f"{path}?{query}")
        assert [each["key"] for each in problem["errors"]] == ["not_consented"]
    # An automation is no audience.
    assert (await ask(metric="caffeine"))["compared"] == 15
