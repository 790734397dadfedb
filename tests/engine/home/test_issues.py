"""Actionable causes are repair issues, which are removed once they are mended."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.feed import ChangeFeed, Topic
from custom_components.digital_twin.engine.home import HomeObserver
from custom_components.digital_twin.engine.issues import ISSUES, HomeIssues
from custom_components.digital_twin.twin.enums import OperationalStatus
from custom_components.digital_twin.twin.home.home import Home, Scope
from custom_components.digital_twin.twin.home.operational import (
    CauseKind,
    HomeCause,
    Operational,
    actionable,
)
from tests.twin.samples import CABIN, HOUSE, home

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def cause(kind: CauseKind, name: str) -> HomeCause:
    return HomeCause(kind=kind, severity=OperationalStatus.DEGRADED, since=NOW, name=name)


def _device(device_id: str) -> SimpleNamespace | None:
    return None if device_id == "gone" else SimpleNamespace(name=device_id.title())


@dataclass
class Homes:
    """Homes whose causes a test decides on."""

    hass: HomeAssistant
    feed: ChangeFeed
    records: dict[str, Home]
    views: dict[str, SimpleNamespace]

    def open(self, home_id: str, causes: Iterable[HomeCause]) -> None:
        self.views[home_id] = SimpleNamespace(
            actionable=tuple(causes),
            device=_device,
            operational=Operational(),
            plan=SimpleNamespace(unplaced=()),
        )
        self.feed.publish_derived([Topic("home", home_id, "actionable")])

    @property
    def shown(self) -> dict[str, dict[str, str] | None]:
        issues = ir.async_get(self.hass).issues.values()
        return {
            issue.issue_id: issue.translation_placeholders
            for issue in issues
            if issue.domain == DOMAIN
        }


@pytest.fixture
def homes(hass: HomeAssistant) -> Homes:
    return Homes(hass, ChangeFeed(), {HOUSE: home(HOUSE)}, {})


def start(homes: Homes) -> HomeIssues:
    observer = cast("HomeObserver", SimpleNamespace(views=homes.views))
    return HomeIssues(homes.hass, homes.feed, observer, lambda: homes.records)


def test_every_cause_that_somebody_can_mend_has_its_issue() -> None:
    causes = [cause(kind, "x") for kind in CauseKind]
    mendable = actionable(causes, NOW + timedelta(days=1))
    assert {each.kind for each in mendable} == set(ISSUES)


async def test_causes_that_are_alike_are_one_issue(homes: Homes) -> None:
    start(homes).async_start()
    homes.open(
        HOUSE,
        [
            cause(CauseKind.CRITICAL_DEVICE_OFFLINE, "Router"),
            cause(CauseKind.DEVICE_OFFLINE, "Lamp"),
            cause(CauseKind.LOW_BATTERY, "Door"),
        ],
    )
    assert homes.shown == {
        f"devices_offline_{HOUSE}": {"home": "House", "count": "2", "names": "- Router\n- Lamp"},
        f"low_batteries_{HOUSE}": {"home": "House", "count": "1", "names": "- Door"},
    }


async def test_what_is_mended_goes_away_by_itself(homes: Homes) -> None:
    start(homes).async_start()
    homes.open(HOUSE, [cause(CauseKind.LOW_BATTERY, "Door")])
    homes.open(HOUSE, [])
    assert homes.shown == {}


async def test_long_lists_are_cut(homes: Homes) -> None:
    start(homes).async_start()
    homes.open(HOUSE, [cause(CauseKind.STALE_SENSOR, f"Sensor {n}") for n in range(30)])
    placeholders = homes.shown[f"stale_sensors_{HOUSE}"]
    assert placeholders is not None
    assert placeholders["count"] == "30"
    assert placeholders["names"].splitlines()[-2:] == ["- Sensor 9", "- …"]


async def test_a_name_is_no_markup(homes: Homes) -> None:
    start(homes).async_start()
    name = "[Lamp](https://example.com)\n\n# <b>\\*www.example.com*"
    homes.open(HOUSE, [cause(CauseKind.LOW_BATTERY, name)])
    placeholders = homes.shown[f"low_batteries_{HOUSE}"]
    assert placeholders is not None
    assert placeholders["names"] == (
        r"- \[Lamp\]\(https\:\/\/example\.com\) \# \<b\>\\\*www\.example\.com\*"
    )


async def test_devices_that_are_offline_together_are_named(homes: Homes) -> None:
    start(homes).async_start()
    many = replace(
        cause(CauseKind.MANY_DEVICES_OFFLINE, ""), affects=("lamp", "plug", "gone", "fan")
    )
    homes.open(HOUSE, [cause(CauseKind.CRITICAL_DEVICE_OFFLINE, "Router"), many])
    assert homes.shown == {
        f"devices_offline_{HOUSE}": {
            "home": "House",
            "count": "4",
            "names": "- Router\n- Lamp\n- Plug\n- Fan",
        }
    }


async def test_homes_come_and_go(homes: Homes) -> None:
    start(homes).async_start()
    homes.records[CABIN] = home(CABIN, name="Cabin", scope={"areas": ["hut"]})
    homes.feed.publish_derived([Topic("home", None, "added")])
    homes.open(CABIN, [cause(CauseKind.INTEGRATION_FAILED, "Hub")])
    assert [*homes.shown] == [f"integrations_failed_{CABIN}"]
    del homes.records[CABIN]
    homes.feed.publish_derived([Topic("home", None, "removed")])
    assert homes.shown == {}


async def test_the_end_takes_the_issues_away(homes: Homes) -> None:
    stop = start(homes).async_start()
    homes.open(HOUSE, [cause(CauseKind.LOW_BATTERY, "Door")])
    stop()
    assert homes.shown == {}
    homes.open(HOUSE, [cause(CauseKind.LOW_BATTERY, "Door")])
    assert homes.shown == {}


async def test_two_homes_that_cover_everything_are_an_issue(homes: Homes) -> None:
    homes.records[CABIN] = home(CABIN, name="Cabin")
    start(homes).async_start()
    assert "homes_overlap" in homes.shown
    homes.records[CABIN] = replace(homes.records[CABIN], scope=Scope(areas=("hut",)))
    homes.feed.publish_derived([Topic("home", CABIN, "scope")])
    assert "homes_overlap" not in homes.shown
