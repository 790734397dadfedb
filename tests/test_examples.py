"""Every example of the documentation does what its heading says, as it stands there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
import re
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
import yaml

from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER
from custom_components.digital_twin.twin.enums import OperationalStatus
from custom_components.digital_twin.twin.goals.goal import GOAL as GOAL_KIND
from custom_components.digital_twin.twin.metrics.person import PERSON
from tests.common import ANNA, GOAL_ID, HOME_ID, async_pass, async_setup_twin, runtime

EXAMPLES: Final = Path(__file__).parents[1] / "docs" / "examples.md"
BLOCK: Final = re.compile(
    r"^## (?P<title>.+?)\n(?:(?!^## ).)*?```yaml\n(?P<yaml>.*?)```", re.MULTILINE | re.DOTALL
)
CONFIGURATIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    found["title"]: yaml.safe_load(found["yaml"])
    for found in BLOCK.finditer(EXAMPLES.read_text(encoding="utf-8"))
}
LONGEST_RUN: Final = {"name": "Longest run", "unit": "km", "baseline": 5, "target": 21.1}
SCALE: Final = "sensor.bathroom_scale_weight"


@dataclass(frozen=True, kw_only=True)
class House:
    """The house in which the examples run."""

    hass: HomeAssistant
    entry: MockConfigEntry
    freezer: FrozenDateTimeFactory
    folder: Path

    async def start(self, title: str) -> None:
        """Set the example up; one without triggers runs at once."""
        configuration = dict(CONFIGURATIONS[title])
        if "triggers" in configuration:
            configuration |= {"alias": "Example", "id": "example"}
            assert await async_setup_component(
                self.hass, "automation", {"automation": [configuration]}
            )
            await self.hass.async_block_till_done()
            assert self.hass.states.is_state("automation.example", "on")
            return
        for step in configuration["sequence"]:
            if "path" in step.get("data", {}):
                step["data"]["path"] = str(self.folder / Path(step["data"]["path"]).name)
        assert await async_setup_component(
            self.hass, "script", {"script": {"example": configuration}}
        )
        await self.hass.services.async_call("script", "example", blocking=True)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    def lose(self) -> None:
        """Let the scale fall silent."""
        self.hass.states.async_set(SCALE, "unavailable", {"unit_of_measurement": "kg"})

    async def wait(self) -> None:
        """Wait longer than a device may be silent."""
        await async_pass(self.hass, self.freezer, timedelta(minutes=20))


@pytest.fixture
async def house(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> House:
    """The home, the person, the goal and the scale of the demo home, with a goals folder."""
    freezer.move_to("2026-11-20 12:00:00+00:00")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    goals = tmp_path / "goals"
    goals.mkdir()
    (goals / "G09_Broken.md").write_text('---\nowner: "Anna\n---\n\n# G09\n')
    (tmp_path / "export.csv").write_text("date,weight\n2026-11-01,71.5\n")
    assert await async_setup_component(hass, "person", {"person": [{"id": "anna", "name": "Anna"}]})
    other = MockConfigEntry(domain="scales")
    other.add_to_hass(hass)
    scale = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("scales", "1")}, name="Bathroom scale"
    )
    entity_registry.async_get_or_create(
        "sensor",
        "scales",
        "1",
        device_id=scale.id,
        config_entry=other,
        suggested_object_id="bathroom_scale_weight",
    )
    hass.states.async_set(SCALE, "70.0", {"unit_of_measurement": "kg"})
    entry = await async_setup_twin(
        hass,
        homes={HOME_ID: {"name": "Lipowa 7"}},
        persons={ANNA: {"name": "Anna", "person_entity": "person.anna"}},
        goals={
            GOAL_ID: {
                "goal_code": "G02",
                "name": "Half marathon",
                "status": "active",
                "start_date": "2026-09-01",
                "target_date": "2027-05-10",
                "progress_metrics": [
                    {
                        "name": "Longest run",
                        "unit": "km",
                        "baseline": 5,
                        "target": 21.1,
                        "current": 21,
                    }
                ],
            }
        },
        options={CONF_GOALS_FOLDER: str(goals), "startup_grace": 0},
    )
    await async_pass(hass, freezer, timedelta(minutes=1))
    return House(hass=hass, entry=entry, freezer=freezer, folder=tmp_path)


type Act = Callable[[House], Awaitable[None]]


async def _nothing(_house: House) -> None:
    """The example needs nothing to happen."""


async def _silence(house: House) -> None:
    house.lose()
    await house.wait()


async def _weigh(house: House) -> None:
    house.hass.states.async_set(SCALE, "71.5", {"unit_of_measurement": "kg"})
    await house.hass.async_block_till_done()


async def _walk(house: House) -> None:
    await house.hass.services.async_call(
        "digital_twin",
        "update_health_metrics",
        {"person": "person.anna", "metrics": {"steps": 9000}},
        blocking=True,
    )


async def _fall_behind(house: House) -> None:
    patch = {
        "progress_metrics": [{"name": "Longest run", "baseline": 5, "target": 21.1, "current": 5}]
    }
    await runtime(house.entry).registry.async_update(GOAL_KIND, GOAL_ID, patch)
    await house.wait()


async def _lose_the_scale(house: House) -> None:
    """Let the goal follow the weight, and the weight the scale, which falls silent."""
    registry = runtime(house.entry).registry
    await registry.async_update(PERSON, ANNA, {"metric_sources": {"weight": [SCALE]}})
    follows = {"name": "Weight", "baseline": 80, "target": 60, "source": {"metric": "weight"}}
    patch = {"owner_person_id": ANNA, "progress_metrics": [follows]}
    await registry.async_update(GOAL_KIND, GOAL_ID, patch)
    await _silence(house)


async def _fall_back(house: House) -> None:
    await async_pass(house.hass, house.freezer, timedelta(days=8))
    await _fall_behind(house)


async def _complete(house: House) -> None:
    await runtime(house.entry).registry.async_update(GOAL_KIND, GOAL_ID, {"status": "completed"})
    await house.wait()


def _reading(house: House, metric: str) -> float | None:
    reading = runtime(house.entry).registry.persons[ANNA].health_metrics.get(metric)
    return reading.value if reading else None


def _history(house: House, metric: str) -> list[float]:
    history = runtime(house.entry).registry.histories(ANNA)[metric]
    return [day.value for day in history.days.values()]


def _is_optimal(house: House) -> bool:
    status = runtime(house.entry).observer.views[HOME_ID].operational.status
    return status is OperationalStatus.OPTIMAL


@dataclass(frozen=True, kw_only=True)
class Case:
    """What happens before the example is started, after it, and what comes of it.

    `told` is a part of the message, None where there is none.
    """

    before: Act = _nothing
    after: Act = _nothing
    told: str | None = None
    found: Callable[[House], bool] = lambda _house: True


CASES: Final[Mapping[str, Case]] = {
    "Tell me when the home is in trouble, and why": Case(after=_silence, told="Bathroom scale"),
    "Say which device went silent": Case(after=_silence, told="Bathroom scale does not answer."),
    "Leave a device alone while it is repaired": Case(after=_silence, found=_is_optimal),
    "Keep what the scale says": Case(
        after=_weigh, found=lambda house: _reading(house, "weight") == 71.5
    ),
    "Count a glass of water": Case(found=lambda house: _reading(house, "hydration") == 250),
    "Ask how the last month went": Case(before=_walk, told="9000 steps on 2026-11-20"),
    "Count a run towards a goal": Case(
        found=lambda house: (
            runtime(house.entry).registry.goals[GOAL_ID].progress_metrics[0].current == 12.4
        )
    ),
    "Hear of a goal that falls behind": Case(after=_fall_behind, told="a week are needed"),
    "Congratulate": Case(after=_complete, told="Half marathon is done!"),
    "Read the goals folder now": Case(told="G09_Broken.md"),
    "List what is offline": Case(before=_silence, told="Bathroom scale"),
    "Hear what a silent device makes unreliable": Case(
        before=_lose_the_scale, told="Anna's weight → G02 Half marathon gets no new values"
    ),
    "Compare a goal with how it was": Case(
        before=_fall_back, told="Half marathon: 99 % a week ago, 0 % now."
    ),
    "Take over the past": Case(found=lambda house: _history(house, "weight") == [71.5]),
}


def test_every_example_is_tried() -> None:
    assert set(CONFIGURATIONS) == set(CASES)


@pytest.mark.parametrize("title", CASES)
async def test_an_example_does_what_its_heading_says(house: House, title: str) -> None:
    case = CASES[title]
    messages = async_mock_service(house.hass, "persistent_notification", "create")
    await case.before(house)
    await house.start(title)
    assert messages == [] or case.told is not None
    await case.after(house)
    told = [str(call.data["message"]) for call in messages]
    assert len(told) == (case.told is not None)
    assert case.told is None or case.told in told[0]
    assert case.found(house)
