"""Files that the version before the journal wrote (fixtures/storage-1) load, for ever."""

from copy import deepcopy
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.registry import KINDS, TwinRegistry
from custom_components.digital_twin.engine.folder.file_document import Memory
from custom_components.digital_twin.engine.home.memory import MemoryStore
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.records.revisions import encode
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, no_space_for_files

FOLDER: Final = Path(__file__).parents[2] / "fixtures" / "storage-1"
NOW: Final = datetime(2026, 3, 20, 13, tzinfo=UTC)
RECENT: Final = "digital_twin.readings"
PERSONS: Final = "digital_twin.persons"
ANNAS_DAYS: Final = f"digital_twin.history.{ANNA}"
JANS_DAYS: Final = f"digital_twin.history.{JAN}"

type Documents = dict[str, Any]


@pytest.fixture
def shown() -> Documents:
    """What the older version showed of its files."""
    loaded: Documents = json.loads((FOLDER / "shown.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(autouse=True)
def _older_files(freezer: FrozenDateTimeFactory, hass_storage: Documents) -> None:
    freezer.move_to(NOW)
    for path in FOLDER.glob("digital_twin.*.json"):
        hass_storage[path.stem] = json.loads(path.read_text(encoding="utf-8"))


async def load(hass: HomeAssistant) -> TwinRegistry:
    registry = TwinRegistry(hass, ChangeFeed())
    await registry.async_load()
    return registry


def document(registry: TwinRegistry) -> Documents:
    """Return everything that is known, as the older version was asked for it."""
    people = [*registry.persons, *registry.deletions.of("person")]
    found = {
        **{
            name: {key: encode(kind, each) for key, each in registry.records(name).items()}
            for name, kind in KINDS.items()
        },
        "deleted": {name: registry.deletions.of(name) for name in KINDS},
        "offers": sorted(each.twin_id for each in registry.deletions.offers),
        "damaged": {name: [each.label for each in registry.damaged(name)] for name in KINDS},
        "damaged_histories": registry.damaged_histories,
        "histories": {key: values(registry, key) for key in people},
    }
    plain: Documents = json.loads(json.dumps(found, default=str))
    for known in (plain["person"], plain["home"], plain["deleted"]["person"]):
        for each in known.values():
            # These came later, and are empty in what is older.
            assert each.pop("quick_entries", []) == []
            assert each.pop("context", "usual") == "usual"
            assert each.pop("consent", {}) == {}
            assert each.pop("context_since", None) is None
            assert each.pop("context_until", None) is None
            assert each.pop("past_contexts", []) == []
    return plain


def values(registry: TwinRegistry, person_id: str) -> dict[str, dict[int, float]]:
    return {
        metric: {day: each.value for day, each in history.days.items()}
        for metric, history in registry.histories(person_id).items()
    }


def weight(value: float) -> list[tuple[str, Reading]]:
    return [("weight", Reading(value=value, unit="kg", measured_at=NOW, source="scale"))]


async def test_everything_is_loaded_as_the_older_version_showed_it(
    hass: HomeAssistant, hass_storage: Documents, shown: Documents
) -> None:
    assert {*shown["damaged"]["person"], *shown["damaged"]["goal"]} == {"Ewa", "?"}
    assert RECENT in hass_storage
    registry = await load(hass)
    assert document(registry) == shown
    # What an older version kept apart is in the archives now.
    assert RECENT not in hass_storage
    assert document(await load(hass)) == shown


async def test_what_a_newer_version_stored_outlives_the_first_write(
    hass: HomeAssistant, hass_storage: Documents
) -> None:
    registry = await load(hass)
    await registry.async_update(PERSON, JAN, {"name": "Janek"})
    await registry.async_write_files()
    persons = hass_storage[PERSONS]["data"]
    assert persons["newer_part"] == [1, {"b": None}]
    (anna,) = (each for each in persons["records"] if each["person_id"] == ANNA)
    assert anna["of_a_newer_version"] == {"a": [1]}
    assert [each["name"] for each in persons["set_aside"]] == ["Ewa"]


async def test_deleted_twins_of_the_older_version_can_be_restored(
    hass: HomeAssistant, shown: Documents
) -> None:
    registry = await load(hass)
    (ola,) = shown["deleted"]["person"]
    await registry.async_restore(PERSON, ola)
    again = await load(hass)
    assert again.persons[ola].name == "Ola"
    assert {goal.owner_person_id for goal in again.goals.values()} >= {ANNA, JAN}
    assert json.loads(json.dumps(values(again, ola))) == shown["histories"][ola]


@pytest.mark.parametrize("taken_over", [True, False])
async def test_a_crash_before_the_first_write_of_a_file_loses_nothing(
    hass: HomeAssistant, hass_storage: Documents, taken_over: bool
) -> None:
    before = deepcopy(hass_storage)
    registry = await load(hass)
    await registry.async_record(ANNA, weight(61))
    await registry.async_record(JAN, weight(79))
    await registry.async_update(PERSON, JAN, {"name": "Janek", "health_metrics": {"mood": None}})
    await registry.async_update(HOME, HOME_ID, {"residents": [JAN]})
    await registry.async_update_progress(GOAL_ID, {"key_result": "books", "value": 7})
    await registry.async_delete(PERSON, ANNA, force=True)
    known = document(registry)
    if not taken_over:
        hass_storage.clear()
        hass_storage.update(before)
    assert PERSONS in hass_storage
    assert "journal" not in hass_storage[PERSONS]["data"]
    again = await load(hass)
    assert document(again) == known
    await again.async_write_files()
    assert document(await load(hass)) == known


@pytest.mark.parametrize("stamp", ["none", "stale"])
async def test_a_file_that_the_older_version_wrote_again_counts_as_it_is(
    hass: HomeAssistant, hass_storage: Documents, stamp: str
) -> None:
    registry = await load(hass)
    await registry.async_update(PERSON, JAN, {"name": "Janek"})
    await registry.async_write_files()
    await registry.async_update(PERSON, JAN, {"name": "Johnny"})
    await registry.async_record(JAN, weight(70))
    for key, part in ((PERSONS, "records"), (JANS_DAYS, "metrics")):
        data = hass_storage[key]["data"]
        if stamp == "none":
            del data["journal"]
        if part == "records":
            (jan,) = (each for each in data[part] if each["person_id"] == JAN)
            jan |= {"name": "Jan the Older", "revision": jan["revision"] + 5}
        else:
            del data[part]["mood"]
    for again in (await load(hass), await load(hass)):
        assert again.persons[JAN].name == "Jan the Older"
        assert "mood" not in again.histories(JAN)
        assert max(values(again, JAN)["weight"].items())[1] == 79.25
    # What follows has its place in the journal, and counts after the next crash.
    await again.async_update(PERSON, JAN, {"name": "Jan the Newer"})
    assert (await load(hass)).persons[JAN].name == "Jan the Newer"


async def test_days_that_the_older_version_kept_apart_again_are_taken_over_again(
    hass: HomeAssistant, hass_storage: Documents
) -> None:
    """Its readings need not have reached the archive, which has the stamp of the journal."""
    older = deepcopy(hass_storage[RECENT])
    registry = await load(hass)
    await registry.async_write_files()
    assert "journal" in hass_storage[JANS_DAYS]["data"]
    older["data"]["days"][JAN]["weight"]["value"] = [78.5]
    hass_storage[RECENT] = older
    for _ in range(2):
        again = await load(hass)
        assert max(values(again, JAN)["weight"].items())[1] == 78.5
    assert RECENT not in hass_storage


async def test_days_that_were_kept_apart_never_replace_newer_ones(
    hass: HomeAssistant, hass_storage: Documents
) -> None:
    """Their file stays where the archives could not be written at once."""
    with no_space_for_files():
        registry = await load(hass)
    await registry.async_record(JAN, weight(78))
    await registry.async_write_files()
    assert RECENT in hass_storage
    for _ in range(2):
        again = await load(hass)
        assert max(values(again, JAN)["weight"].items())[1] == 78
    assert RECENT not in hass_storage


async def test_what_homes_and_the_goals_folder_remember_is_loaded(
    hass: HomeAssistant, hass_storage: Documents
) -> None:
    homes = MemoryStore(hass)
    await homes.async_load()
    assert HOME_ID in homes.homes
    folder = Memory(hass)
    await folder.async_load()
    assert folder.goals.keys() == hass_storage["digital_twin.vault"]["data"]["goals"].keys()
