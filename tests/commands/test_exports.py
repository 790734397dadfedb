"""The export of a twin, as it is and with invented values."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
import json
from pathlib import Path
import re
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import STORAGE_DIR
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.commands.access import NotPermittedError, async_actor
from custom_components.digital_twin.commands.exports import async_export_twin
from custom_components.digital_twin.engine.core.feed import ChangeFeed, Origin
from custom_components.digital_twin.engine.core.files import history_file
from custom_components.digital_twin.engine.core.registry import KINDS, TwinRegistry
from custom_components.digital_twin.engine.documents import Document
from custom_components.digital_twin.engine.goal_assessments import GoalAssessments
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.goals import synthetic_twins
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.metrics.consent import ALL
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading, parse_reading
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, async_setup_twin, runtime

OTHER: Final = "30000000-0000-4000-8000-000000000002"
THIRD: Final = "30000000-0000-4000-8000-000000000003"
NOW: Final = "2026-03-20T12:00:00.123456+00:00"
# What of the household must not be in what is invented. Every text of theirs has "zq" in it, and
# every number of theirs its own decimals.
MARKERS: Final = (
    *("anna", "zqname", "zqmail", "zqtext", "zqentry", "zqstep", "zqunit", "zqpref", "zqkey"),
    *("zqstreet", "zqsource", "zqlink", "zqextra", "zqhome", "zqmetric", "zqmile", "zqjan"),
    *("1987-06-05", "52.2297", "21.0122", "82.654321", "81.654321", "77.654321", "7654", "4321"),
    *("250.375", "93.21", "85.17", "74.13", "2.718", "34567", "mdi:pill"),
)
MARKED: Final = re.compile("|".join(map(re.escape, MARKERS)), re.IGNORECASE)
GOALS: Final[Mapping[str, Mapping[str, Any]]] = {
    GOAL_ID: {
        "goal_code": "ZQ-01",
        "name": "Zqname of the goal",
        "description": "Zqtext\n- [x] Zqtext done\n- [ ] Zqtext open\n\n| Zqtext | 7654 |",
        "owner_person_id": ANNA,
        "status": "Active",
        "start_date": "2026-02-01",
        "target_date": "2026-05-01",
        "roadmap_link": "https://zqlink.example.com/zqlink/Roadmap.md",
        "milestones": [{"name": "Zqmile", "date": "2026-04-01", "progress": 43.21}],
        "progress_metrics": [
            {
                "name": "Zqtext weight",
                "unit": "kg",
                "baseline": 93.21,
                "current": 85.17,
                "target": 74.13,
                "weight": 2.718,
                "source": {"metric": "weight"},
                "zqextra": {"zqkey": "zqtext", "zqkey_number": 34567},
            },
            {
                "name": "Zqtext steps",
                "kind": "checklist",
                "items": [
                    {"name": "Zqstep one", "state": "done", "due": "2026-03-01"},
                    {"name": "Zqstep two", "state": "doing"},
                    {"name": "Zqstep three"},
                ],
            },
            {
                "name": "Zqtext books",
                "kind": "accumulate",
                "unit": "zqunit",
                "target": 12,
                "current": 5,
            },
            {
                "name": "Zqtext band",
                "kind": "maintain",
                "minimum": 74.13,
                "maximum": 93.21,
                "current": 85.17,
            },
            {"name": "Zqtext yes", "kind": "boolean", "current": True},
            {"name": "Zqtext later", "target": "zqtext"},
        ],
    },
    OTHER: {
        "goal_code": "ZQ-02",
        "name": "Zqname two",
        "dependencies": [GOAL_ID],
        "start_date": "2026-01-01",
        "target_date": "2026-03-25",
        "status": "Active",
        "progress_metrics": [
            {"name": "Zqtext", "baseline": 93.21, "current": 81.654321, "target": 74.13}
        ],
    },
    THIRD: {
        "goal_code": "ZQ-03",
        "name": "Zqname three",
        "status": "On Hold",
        "dependencies": [OTHER],
    },
}


def _words() -> frozenset[str]:
    """Return the words of the integration: names of fields and parts, options, metrics, units."""
    parts = {name for kind in KINDS.values() for name in kind.fields}
    units = {unit for metric in CATALOGUE.values() for unit in metric.units}
    sources = Path(synthetic_twins.__file__).parents[2].rglob("*.py")
    written = (re.findall(r'"([\w ]+)"', path.read_text(encoding="utf-8")) for path in sources)
    return frozenset({*parts, *units, *CATALOGUE, *(word for words in written for word in words)})


WORDS: Final = _words() | {"Point", "", ALL}


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Set up a household whose every text, number and id can be recognised."""
    freezer.move_to(NOW)
    await hass.config.async_set_time_zone("Europe/Warsaw")
    own = {
        "key": "zqmetric",
        "name": "Zqmetric",
        "unit": "zqunit",
        "kind": "level",
        "minimum": 0,
        "maximum": 34567,
        "precision": 3,
    }
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(
            hass,
            options={"metrics": [own]},
            persons={
                ANNA: {
                    "name": "Anna Zqname",
                    "contact_email": "zqmail@zqmail.example",
                    "date_of_birth": "1987-06-05",
                    "gender": "Female",
                    "activity_level": "Light",
                    "preferences": {"zqpref": ["zqpref", 7654, True, {"zqkey": None}]},
                    "quick_entries": [
                        {"name": "Zqentry", "icon": "mdi:pill", "metrics": {"hydration": 250.375}}
                    ],
                    "consent": {"zqmetric": {"assistants": "band"}, "*": {"api": "trend"}},
                    "context": "ill",
                    "context_since": "2026-03-10",
                },
                JAN: {"name": "Zqjan", "health_entities": False},
            },
            homes={
                HOME_ID: {
                    "name": "Zqhome",
                    "address": {"zqstreet": "Zqstreet 7654"},
                    "location_coordinates": {"type": "Point", "coordinates": [21.0122, 52.2297]},
                    "residents": [ANNA, JAN],
                    "scope": {"labels": ["zqkey_label"]},
                }
            },
            goals=GOALS,
        )
    await _async_measure(entry)
    return entry


async def _async_measure(entry: MockConfigEntry) -> None:
    registry = runtime(entry).registry
    at = datetime.fromisoformat(NOW)
    readings = [
        *(("weight", 77.654321 + day, day) for day in (0, 4, 5, 40)),
        *(("steps", 4321 + 10 * day, day) for day in (0, 1, 2)),
        *(("heart_rate", 61 + day, day) for day in (0, 1)),
        ("zqmetric", 93.21, 1),
    ]
    for metric, value, day in readings:
        moment = at - timedelta(days=day, minutes=7, seconds=day)
        await registry.async_record(
            ANNA, [reading_of(entry, metric, value, moment, "zqsource app")]
        )
    for value in (90.5, 87.25, 85.17):
        await registry.async_update_progress(GOAL_ID, {"key_result": "zqtext_band", "value": value})
    await registry.async_update(GOAL, GOAL_ID, {"dependencies": [THIRD]})
    await registry.async_update(PERSON, ANNA, {"name": "Anna Zqname again"})


def reading_of(
    entry: MockConfigEntry, metric: str, value: float, at: datetime, source: str
) -> tuple[str, Reading]:
    catalogue = runtime(entry).registry.catalogue
    raw = {"value": value, "measured_at": at.isoformat(), "source": source}
    return metric, parse_reading(metric, raw, now=at + timedelta(days=50), catalogue=catalogue)


async def exported(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    kind: str,
    twin_id: str,
    *,
    synthetic: bool = True,
    seed: str = "",
    user: str | None = None,
) -> Any:  # noqa: ANN401  # JSON
    """Return an export as its receiver reads it."""
    actor = await async_actor(hass, runtime(entry), Context(user_id=user), Origin.ACTION)
    twin: Any = runtime(entry).registry.records(kind)[twin_id]
    document = await async_export_twin(actor, kind, twin, "twin", synthetic=synthetic, seed=seed)
    return json.loads(json_bytes(document))


KEPT = [("person", ANNA), ("person", JAN), ("home", HOME_ID), ("goal", GOAL_ID), ("goal", OTHER)]


@pytest.mark.parametrize(("kind", "twin_id"), KEPT)
async def test_nothing_that_people_wrote_or_measured_is_in_a_synthetic_export(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    real = await exported(hass, entry, kind, twin_id, synthetic=False)
    text = json.dumps(await exported(hass, entry, kind, twin_id), ensure_ascii=False)
    assert MARKED.findall(text) == []
    ids = {ANNA, JAN, HOME_ID, GOAL_ID, OTHER, THIRD}
    assert [each for each in ids if each in text or each.replace("-", "") in text] == []
    told = json.dumps(real)
    assert twin_id in told
    assert MARKED.search(told)


@pytest.mark.parametrize(("kind", "twin_id"), KEPT)
async def test_only_words_of_the_integration_are_in_both_exports(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    real = await exported(hass, entry, kind, twin_id, synthetic=False)
    invented = await exported(hass, entry, kind, twin_id)
    both = {*leaves(real)} & {*leaves(invented)}
    assert {each for each in both if not is_harmless(each)} == set()


def leaves(value: Any) -> Iterator[str | float]:  # noqa: ANN401  # JSON
    """Yield the texts and numbers of a document; those of stubs are invented in both."""
    match value:
        case dict():
            for name, part in value.items():
                if name not in ("related", "versions"):
                    yield name
                    yield from leaves(part)
        case list():
            for part in value:
                yield from leaves(part)
        case bool() | None:
            pass
        case _:
            yield value


def is_harmless(value: str | float) -> bool:
    """Return whether a value is a word of the integration, a day, a zone or a small number."""
    if not isinstance(value, str):
        # Days of histories are counted from the year 1.
        is_whole = float(value).is_integer()
        return is_whole and (abs(value) <= 100 or 730_000 < value < 750_000)
    return value in WORDS or bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|Europe/Warsaw", value))


@pytest.mark.parametrize(("kind", "twin_id"), KEPT)
async def test_a_synthetic_export_has_the_shape_of_the_real_one(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> None:
    real = await exported(hass, entry, kind, twin_id, synthetic=False)
    invented = await exported(hass, entry, kind, twin_id)
    assert shape(invented) == shape(real | {"synthetic": True})


def shape(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return the structure of a document, with the lengths of its texts and the signs of numbers.

    Of objects whose keys people chose only how many parts there are.
    """
    match value:
        case dict():
            known = sorted(name for name in value if name in WORDS)
            others = sorted(str(shape(value[name])) for name in value if name not in WORDS)
            return {name: shape(value[name]) for name in known}, others
        case list():
            return [shape(part) for part in value]
        case str():
            return _shape_of_text(value)
        case bool() | None:
            return value
    return (value > 0) - (value < 0)


def _shape_of_text(text: str) -> str:
    if text.startswith("mdi:"):
        return "icon"
    if "@" in text or "://" in text or "T" in text[8:14]:
        return "address or time"
    return re.sub(r"\w", "x", text, flags=re.ASCII)


async def test_the_same_twin_and_seed_give_the_same_values_and_others_give_others(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    first, again, seeded = [
        await exported(hass, entry, "person", ANNA, seed=seed) for seed in ("", "", "other")
    ]
    assert first == again
    assert seeded["record"]["name"] != first["record"]["name"]
    assert seeded["id"] != first["id"]
    of_jan = await exported(hass, entry, "person", JAN)
    assert of_jan["id"] != first["id"]


async def test_references_of_a_synthetic_goal_hold(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    found = await exported(hass, entry, "goal", GOAL_ID)
    goals = {each["goal_id"]: each for each in [found["record"], *found["related"]["goals"]]}
    walked, goal_id = [], found["id"]
    for _ in range(3):
        walked.append(goal_id)
        (goal_id,) = goals[goal_id]["dependencies"]
    assert (len({*walked}), goal_id) == (3, found["id"])
    owners = [each["person_id"] for each in found["related"]["persons"]]
    assert owners == [found["record"]["owner_person_id"]]


async def test_a_synthetic_export_can_be_loaded_and_is_judged_alike(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry
) -> None:
    judged = runtime(entry).assessments
    wanted = {key: judged.get(key) for key in (GOAL_ID, THIRD, OTHER)}
    found = await exported(hass, entry, "goal", GOAL_ID)
    goals = {each["goal_id"]: each for each in [found["record"], *found["related"]["goals"]]}
    assert await hass.config_entries.async_unload(entry.entry_id)
    _forget_journal(hass)
    _store(hass_storage, "goals", [*goals.values()])
    _store(hass_storage, "persons", found["related"]["persons"])
    _store(hass_storage, "homes", [])
    feed = ChangeFeed()
    registry = TwinRegistry(hass, feed)
    await registry.async_load()
    assessments = GoalAssessments(hass, feed, registry, {})
    stop = assessments.async_start()
    goal_id = found["id"]
    for key, before in wanted.items():
        after = assessments.get(goal_id)
        assert before is not None
        assert after is not None
        assert (after.pace, after.reason.key) == (before.pace, before.reason.key), key
        assert after.progress == pytest.approx(before.progress, abs=1)
        (goal_id,) = registry.goals[goal_id].dependencies
    stop()
    await registry.async_close()


async def test_the_history_of_a_synthetic_person_can_be_loaded(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry
) -> None:
    real = {key: {*each.days} for key, each in runtime(entry).registry.histories(ANNA).items()}
    found = await exported(hass, entry, "person", ANNA)
    assert await hass.config_entries.async_unload(entry.entry_id)
    _forget_journal(hass)
    _store(hass_storage, "persons", [found["record"]])
    for name in ("goals", "homes"):
        _store(hass_storage, name, [])
    name = history_file(found["id"])
    _store(hass_storage, name, None)
    hass_storage[f"digital_twin.{name}"]["data"] = {"metrics": found["histories"]}
    registry = TwinRegistry(hass, ChangeFeed())
    await registry.async_load()
    person = registry.persons[found["id"]]
    histories = registry.histories(found["id"])
    assert sorted(map(sorted, ({*each.days} for each in histories.values()))) == sorted(
        map(sorted, real.values())
    )
    for key in ("weight", "steps"):
        newest = histories[key].newest
        assert newest is not None
        assert person.health_metrics[key].value == pytest.approx(histories[key].value(newest))
    spread = histories["heart_rate"].spread(histories["heart_rate"].newest or 0)
    assert spread is not None
    assert spread.low <= spread.middle <= spread.high
    await registry.async_close()


def _forget_journal(hass: HomeAssistant) -> None:
    for path in Path(hass.config.path(STORAGE_DIR, "digital_twin")).glob("*.jsonl"):
        path.unlink()


def _store(hass_storage: dict[str, Any], name: str, records: list[Document] | None) -> None:
    key = f"digital_twin.{name}"
    data = {"records": records, "set_aside": [], "deleted": []}
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": data}


async def test_the_changes_of_a_twin_are_exported_with_how_many_are_not(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    found = await exported(hass, entry, "goal", GOAL_ID, synthetic=False)
    assert found["not_listed"] == 0
    told = {(each["field"], each["what"]) for each in found["changes"]}
    assert {("dependencies", "changed"), (None, "added")} <= told
    assert {each["actor"] for each in found["changes"]} <= {"integration", "automation"}


async def test_somebody_else_exports_a_goal_without_the_values_of_its_owner(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await runtime(entry).registry.async_update(PERSON, ANNA, {"health_entities": False})
    # The first one is the owner of Home Assistant.
    await hass.auth.async_create_user("Owner")
    user = await hass.auth.async_create_user("Guest", group_ids=[GROUP_ID_USER])
    found = await exported(hass, entry, "goal", GOAL_ID, synthetic=False, user=user.id)
    follows, *_, band = found["record"]["progress_metrics"][:4]
    assert follows.keys() & {"current", "baseline", "measured_at"} == set()
    assert band["current"] == 85.17
    (owner,) = found["related"]["persons"]
    assert owner.keys() & {"context", "past_contexts", "date_of_birth", "health_metrics"} == set()
    with pytest.raises(NotPermittedError):
        await exported(hass, entry, "person", ANNA, user=user.id)
