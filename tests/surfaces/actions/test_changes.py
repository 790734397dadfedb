"""What changed, asked by an action: of whom, since when, and what is told to whom."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
import random
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from tests.common import (
    ANNA,
    GOAL_ID,
    HOME_ID,
    JAN,
    async_delete_twin,
    async_patch_twin,
    async_restore_twin,
    runtime,
)

from .conftest import OTHER_GOAL_ID, Perform, Refuses

DATES = {"start_date": "2026-02-01", "target_date": "2026-09-01"}
GOAL_UPDATE = {"goal": "G01", "target_date": "2026-08-31"}


@pytest.fixture
def _a_week_before(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2026-02-22 12:00:00+01:00")


@pytest.fixture(autouse=True)
async def _noon(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    _a_week_before: None,
    entry: MockConfigEntry,
) -> None:
    """The household was set up a week ago; it is noon in Warsaw."""
    await hass.config.async_set_time_zone("Europe/Warsaw")
    freezer.move_to("2026-03-01 12:00:00+01:00")
    # The first user owns Home Assistant and may do everything.
    await hass.auth.async_create_user("Owner")


@pytest.fixture
async def admin(hass: HomeAssistant) -> str:
    """Return the id of an administrator."""
    return (await hass.auth.async_create_user("Ola", group_ids=["system-admin"])).id


@pytest.fixture
async def annas_user(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the id of Anna's user, who is no administrator."""
    user = await hass.auth.async_create_user("Somebody", group_ids=["system-users"])
    hass.states.async_set("person.anna", "home", {"user_id": user.id})
    await async_patch_twin(hass, entry, "person", ANNA, person_entity="person.anna")
    return user.id


async def refusal(perform: Perform, user: str | None = None, **data: object) -> tuple[str, str]:
    """Return key and field of the refusal of a question.

    Unlike `refuses` it does not look at the files: the changes before may still be written.
    """
    with pytest.raises(ServiceValidationError) as refused:
        await perform("get_changes", user, **data)
    placeholders = refused.value.translation_placeholders or {}
    return str(refused.value.translation_key), placeholders["field"]


def texts(answer: dict[str, Any]) -> list[str]:
    return [each["text"] for each in answer["changes"]]


async def test_a_change_is_told_with_values_author_time_and_a_sentence(
    perform: Perform, admin: str, freezer: FrozenDateTimeFactory
) -> None:
    await perform("update_goal", admin, goal="G01", target_date="2026-06-30")
    freezer.tick(60)
    await perform("update_goal", admin, **GOAL_UPDATE)
    answer = await perform("get_changes", twins="G01")
    (change,) = answer["changes"]
    assert change == {
        "kind": "goal",
        "twin_id": GOAL_ID,
        "name": "Run",
        "goal_code": "G01",
        "what": "changed",
        "field": "target_date",
        "path": [],
        "before": None,
        "after": "2026-08-31",
        "unit": None,
        "by": "Ola",
        "actor": "user",
        "origin": "action",
        "at": "2026-03-01T11:01:00+00:00",
        "first_at": "2026-03-01T11:00:00+00:00",
        "count": 2,
        "exactness": "exact",
        "text": "G01: target date set to 31 August (2 changes), by Ola",
    }
    assert (answer["until"], answer["known_since"], answer["damaged"]) == (
        "2026-03-01T11:01:00+00:00",
        None,
        0,
    )
    assert answer["since"] == "2026-02-28T11:01:00+00:00"
    assert answer["not_listed"] == 0


async def test_the_sentence_is_in_the_language_of_the_household(
    hass: HomeAssistant, perform: Perform, annas_user: str
) -> None:
    await perform("update_goal", annas_user, goal="G01", target_date="2026-06-30")
    await perform("update_goal", **GOAL_UPDATE)
    hass.config.language = "pl"
    assert texts(await perform("get_changes", twins=["G01"])) == [
        "G01: termin 30 czerwca → 31 sierpnia (automatyzacja)",
        "G01: termin \N{EN DASH} ustawiono: 30 czerwca (Anna)",
    ]


async def test_by_default_it_is_the_last_day(
    perform: Perform, freezer: FrozenDateTimeFactory
) -> None:
    await perform("update_goal", **GOAL_UPDATE)
    freezer.tick(timedelta(hours=23))
    await perform("update_goal", goal="G01", name="Walk")
    freezer.tick(timedelta(hours=2))
    answer = await perform("get_changes")
    assert [each["field"] for each in answer["changes"]] == ["name"]


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ({"since": "2026-03-03"}, [3, 4, 5]),
        ({"since": "2026-03-03", "until": "2026-03-03"}, [3]),
        ({"since": "2026-03-03T13:00:00", "until": "2026-03-04T13:00:00"}, [4]),
        ({"since": "2026-03-03T11:59:59Z"}, [4, 5]),
        ({"until": "2026-03-04 12:30:00"}, [4]),
        ({"until": "2026-03-04"}, [4]),
        ({"since": "2026-03-05T12:00:00+01:00"}, []),
        ({"since": "2026-03-05", "until": "2199-01-01"}, [5]),
        ({"since": "2025-01-01", "until": "2025-02-01"}, []),
    ],
    ids=str,
)
async def test_times_and_days_are_those_of_the_household(
    perform: Perform, freezer: FrozenDateTimeFactory, period: dict[str, str], days: list[int]
) -> None:
    for day in range(1, 6):
        freezer.move_to(f"2026-03-0{day} 12:00:00+01:00")
        await perform("update_goal", goal="G01", name=f"Day {day}")
        await perform("update_goal", goal="G01", description=f"Day {day}")
    freezer.tick(60)
    answer = await perform("get_changes", twins="G01", **period)
    told = [each for each in answer["changes"] if each["field"] == "name"]
    if not days:
        assert told == []
        return
    (change,) = told
    assert (change["after"], change["count"]) == (f"Day {days[-1]}", len(days))
    assert change["before"] == ("Run" if days[0] == 1 else f"Day {days[0] - 1}")


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"since": "soon"}, "invalid_time", "since"),
        ({"until": 5}, "invalid_time", "until"),
        ({"since": "2026-13-01"}, "invalid_time", "since"),
        ({"since": "0001-01-01T00:00:00Z"}, "out_of_range", "since"),
        ({"since": "1900-01-01"}, "out_of_range", "since"),
        ({"until": "9999-12-31"}, "out_of_range", "until"),
        ({"since": "2026-03-01T12:00:01+01:00"}, "in_future", "since"),
        ({"since": "2026-03-02"}, "in_future", "since"),
        ({"since": "2026-02-20", "until": "2026-02-19"}, "period_reversed", "until"),
        (
            {"since": "2026-02-20T10:00:00", "until": "2026-02-20T10:00:00"},
            "period_reversed",
            "until",
        ),
        ({"kind": "robot"}, "not_an_option", "kind"),
        ({"twins": "G77"}, "not_found", "twins"),
        ({"twins": ["G01", "G77"]}, "not_found", "twins"),
        ({"twins": "G01", "kind": "home"}, "not_found", "twins"),
        ({"twins": {"a": 1}}, "wrong_type", "twins"),
        ({"twins": [5]}, "wrong_type", "twins[0]"),
        ({"colour": "red"}, "unknown_field", "colour"),
    ],
    ids=str,
)
async def test_what_cannot_be_asked_is_refused(
    refuses: Refuses, data: dict[str, Any], key: str, field: str
) -> None:
    said = await refuses(
        {"wrong_type": "wrong_type_list" if field == "twins" else "wrong_type_text"}.get(key, key),
        field,
        "get_changes",
        **data,
    )
    if key == "period_reversed":
        assert said["value"] < said["since"] or said["value"] == said["since"]


async def test_twins_are_chosen_by_device_id_code_and_name(
    perform: Perform, device_id: Callable[[str], str]
) -> None:
    await perform("update_goal", **GOAL_UPDATE)
    await perform("update_goal", goal="G02", name="Read more")
    await perform("update_home", home=HOME_ID, name="Flat")
    await perform("update_person", person=ANNA, day_start=3)
    for name in ("G01", "g01", GOAL_ID, GOAL_ID.upper(), "run", device_id(GOAL_ID)):
        answer = await perform("get_changes", twins=name)
        assert {each["twin_id"] for each in answer["changes"]} == {GOAL_ID}
    for name, twin_id in (("flat", HOME_ID), ("ANNA", ANNA), (device_id(ANNA), ANNA)):
        answer = await perform("get_changes", twins=[name, "G02"])
        assert {each["twin_id"] for each in answer["changes"]} == {twin_id, OTHER_GOAL_ID}
    assert (await perform("get_changes", twins=[]))["changes"] == []
    every = await perform("get_changes")
    assert {each["twin_id"] for each in every["changes"]} == {GOAL_ID, OTHER_GOAL_ID, HOME_ID, ANNA}
    for kind, ids in (("home", {HOME_ID}), ("person", {ANNA}), ("goal", {GOAL_ID, OTHER_GOAL_ID})):
        answer = await perform("get_changes", kind=kind)
        assert {each["twin_id"] for each in answer["changes"]} == ids


async def test_a_name_of_two_is_ambiguous(perform: Perform) -> None:
    await perform("update_goal", goal="G02", name="Run")
    assert await refusal(perform, twins="run") == ("ambiguous", "twins")


async def test_nothing_changed(perform: Perform) -> None:
    assert (await perform("get_changes"))["changes"] == []


async def test_a_deleted_twin_is_named_until_it_is_deleted_for_good(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    perform: Perform,
    freezer: FrozenDateTimeFactory,
) -> None:
    await perform("update_goal", **GOAL_UPDATE)
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    for name in ("G01", "run", GOAL_ID):
        assert texts(await perform("get_changes", twins=name)) == [
            "G01: deleted, in the settings",
            "G01: target date set to 31 August, by an automation",
        ]
    await async_restore_twin(hass, entry, "goal", GOAL_ID)
    assert (
        texts(await perform("get_changes", twins="G01"))[0] == "G01: brought back, in the settings"
    )
    await async_delete_twin(hass, entry, "goal", GOAL_ID)
    freezer.tick(KEPT_AFTER_DELETE + timedelta(minutes=1))
    await runtime(entry).registry.deletions.async_expire()
    answer = await perform("get_changes", since="2026-02-01", kind="goal")
    assert {each["twin_id"] for each in answer["changes"]} == {OTHER_GOAL_ID}
    # The other goal depended on it: once, and again when it was back.
    assert texts(answer)[0] == (
        "G02: a deleted goal removed from what it depends on (3 changes), in the settings"
    )
    assert await refusal(perform, twins=GOAL_ID) == ("not_found", "twins")


async def test_health_values_come_from_the_daily_history(
    perform: Perform, freezer: FrozenDateTimeFactory
) -> None:
    for day, weight in ((24, 72.5), (26, 72), (28, 71.4)):
        await perform(
            "update_health_metrics",
            person=ANNA,
            weight=weight,
            measured_at=f"2026-02-{day} 08:00:00",
        )
    answer = await perform("get_changes", twins=ANNA, since="2026-02-27")
    (change,) = answer["changes"]
    assert (change["field"], change["path"]) == ("health_metrics", ["weight"])
    assert (change["before"], change["after"], change["unit"]) == (72, 71.4, "kg")
    assert (change["exactness"], change["by"], change["actor"]) == ("daily", None, None)
    assert change["text"] == "Anna: weight 72 → 71.4 kg"


async def test_a_user_is_told_of_homes_goals_and_the_own_person(
    perform: Perform, annas_user: str, freezer: FrozenDateTimeFactory
) -> None:
    freezer.tick(60)
    for person in (ANNA, JAN):
        await perform("update_person", person=person, day_start=3)
        await perform("update_health_metrics", person=person, weight=71.4)
    await perform("update_goal", goal="G02", name="Read more")
    await perform("update_home", home=HOME_ID, name="Flat")
    answer = await perform("get_changes", annas_user)
    ids = {each["twin_id"] for each in answer["changes"]}
    # Anna's weight moved her goal.
    assert ids == {ANNA, GOAL_ID, OTHER_GOAL_ID, HOME_ID}
    assert (await perform("get_changes", annas_user, kind="person", twins=ANNA))["changes"]
    for names in (JAN, [ANNA, "jan"]):
        assert await refusal(perform, annas_user, twins=names) == ("own_person_only", "twins")


async def test_a_deleted_person_is_for_administrators(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    perform: Perform,
    admin: str,
    annas_user: str,
) -> None:
    await async_delete_twin(hass, entry, "person", JAN)
    assert "Jan: deleted, in the settings" in texts(await perform("get_changes", admin))
    assert "Jan" not in str(texts(await perform("get_changes", annas_user, kind="person")))
    assert await refusal(perform, annas_user, twins=JAN) == ("own_person_only", "twins")


@pytest.mark.parametrize("who", ["other", "own", "admin", "automation"])
async def test_values_of_a_private_person_are_for_those_who_may_read_them(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    perform: Perform,
    admin: str,
    annas_user: str,
    freezer: FrozenDateTimeFactory,
    who: str,
) -> None:
    other = await hass.auth.async_create_user("Jan", group_ids=["system-users"])
    user = {"other": other.id, "own": annas_user, "admin": admin, "automation": None}[who]
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    freezer.tick(60)
    await perform("update_health_metrics", person=ANNA, weight=77.77)
    freezer.tick(60)
    heavy = {"name": "Heavy", "baseline": 99.75, "target": 70, "source": {"metric": "weight"}}
    await perform("update_goal", admin, goal="G01", progress_metrics=[heavy])
    # Afterwards it is somebody else's, and was still hers.
    await perform("update_goal", goal="G01", owner_person_id=JAN)
    answer = await perform("get_changes", user, kind="goal")
    said = str(answer)
    assert ("77.77" in said) is (who != "other")
    assert ("99.75" in said) is (who != "other")
    assert "key result Weight deleted" in said


async def test_who_owned_a_goal_then_decides_also_when_it_is_somebody_elses_now(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    perform: Perform,
    annas_user: str,
    freezer: FrozenDateTimeFactory,
) -> None:
    other = await hass.auth.async_create_user("Jan", group_ids=["system-users"])
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    freezer.tick(60)
    await perform("update_health_metrics", person=ANNA, weight=77.77)
    freezer.tick(60)
    then = runtime(entry).registry.context().now.isoformat()
    freezer.tick(60)
    await perform("update_goal", goal="G01", owner_person_id=JAN)
    await async_patch_twin(hass, entry, "person", JAN, health_entities=True)
    for user, is_told in ((other.id, False), (annas_user, True), (None, True)):
        answer = await perform("get_changes", user, kind="goal", until=then)
        assert ("77.77" in str(answer)) is is_told
        assert "G01: progress" in str(answer) or "progress" not in str(answer)


async def test_the_latest_change_comes_first(
    perform: Perform, freezer: FrozenDateTimeFactory
) -> None:
    for number in range(6):
        freezer.tick(60)
        await perform("update_goal", goal=("G01", "G02")[number % 2], name=f"Name {number}")
        await perform("update_goal", goal="G01", description=f"{number}")
    times = [each["at"] for each in (await perform("get_changes"))["changes"]]
    assert (len(times), times) == (3, sorted(times, reverse=True))


async def test_of_very_many_changes_the_latest_are_told(
    perform: Perform, freezer: FrozenDateTimeFactory
) -> None:
    items = [f"Step {number}" for number in range(600)]
    await perform("update_goal", goal="G01", progress_metrics=[{"name": "All", "items": items[:1]}])
    freezer.tick(60)
    await perform("update_goal", goal="G01", progress_metrics=[{"name": "All", "items": items}])
    answer = await perform("get_changes", since="2026-03-01T12:00:30+01:00")
    assert (len(answer["changes"]), answer["not_listed"]) == (500, 99)


JSON: tuple[Any, ...] = (
    None, True, -1, 1e300, "", "x" * 300, "2026-13-01", [], [None], [[]], {}, {"a": 1}, {"key": 5},
    [{"key": "weight"}], [{"key": [], "name": {}}], {"metric": []}, {"items": [5]},
)  # fmt: skip


def _nodes(part: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401  # JSON of any shape
    """Return every place in a document: its container and its name or position."""
    pairs = part.items() if isinstance(part, dict) else enumerate(part)
    found = []
    for name, each in pairs:
        found.append((part, name))
        if isinstance(each, dict | list):
            found += _nodes(each)
    return found


async def test_whatever_stands_in_the_journal_an_answer_comes(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform, annas_user: str
) -> None:
    metrics = [
        {"key": "weight", "name": "W", "unit": "kg", "target": 1, "source": {"metric": "weight"}},
        {"name": "List", "items": [{"name": "A", "state": "done", "due": "2026-04-01"}, "B"]},
    ]
    milestones = [{"name": "M", "date": "2026-04-01"}]
    await perform("update_goal", goal="G01", progress_metrics=metrics, milestones=milestones)
    await perform("update_goal", goal="G01", progress_metrics=metrics[1:], milestones=[])
    await perform("update_goal", goal="G01", owner_person_id=JAN, status="on_hold", **DATES)
    await perform("update_person", person=ANNA, gender="female", day_start=4, preferences={"a": 1})
    await perform("update_home", home=HOME_ID, residents=[ANNA], scope={"areas": ["a"]})
    (path,) = Path(hass.config.path(".storage", "digital_twin")).iterdir()  # noqa: ASYNC240
    header, *lines = path.read_bytes().splitlines()
    random_ = random.Random(1)  # noqa: S311  # chosen at random, not secret
    for number in range(400):
        hass.config.language = ("en", "pl")[number % 2]
        changed = [orjson.loads(line) for line in lines]
        container, name = random_.choice(_nodes(changed[-5:]))
        container[name] = random_.choice(JSON)
        path.write_bytes(b"\n".join([header, *map(orjson.dumps, changed), b""]))
        user = (None, annas_user)[number % 3 == 0]
        answer = await perform("get_changes", user, since="2026-02-23")
        assert all(each["text"] for each in answer["changes"])
        await perform("get_briefing", user)
