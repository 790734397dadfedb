"""The rules of operational status, each also with what must not count."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import OperationalStatus
from custom_components.digital_twin.twin.home.operational import (
    SAFETY_KINDS,
    CauseKind,
    DeviceFact,
    EntityFact,
    HomeCause,
    IntegrationFact,
    Operational,
    actionable,
    next_actionable,
    operational,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPTIMAL, DEGRADED, ALERT = (
    OperationalStatus.OPTIMAL,
    OperationalStatus.DEGRADED,
    OperationalStatus.ALERT,
)
K = CauseKind
FAILED = IntegrationFact(entry_id="e", domain="hue", title="Hue", since=NOW)


def _device(
    name: str,
    *,
    off: bool = True,
    hub: str | None = None,
    entry: str = "fine",
    silent: bool | None = None,
    critical: bool = False,
    muted: bool = False,
) -> DeviceFact:
    return DeviceFact(
        device_id=name,
        name=name.title(),
        hub_id=hub,
        entry_id=entry,
        offline_since=NOW if off else None,
        silent=off if silent is None else silent,
        critical=critical,
        muted=muted,
    )


def _fine(count: int) -> list[DeviceFact]:
    return [_device(f"fine{number}", off=False) for number in range(count)]


def _judge(
    devices: Iterable[DeviceFact] = (),
    entities: Iterable[EntityFact] = (),
    integrations: Iterable[IntegrationFact] = (),
    opened: Mapping[str, datetime] | None = None,
) -> Operational:
    return operational(
        {device.device_id: device for device in devices}, entities, integrations, opened or {}
    )


def _told(judged: Operational) -> list[tuple[str, str | None, OperationalStatus, tuple[str, ...]]]:
    return [
        (
            cause.kind.value,
            cause.device_id or cause.entity_id or cause.entry_id,
            cause.severity,
            cause.affects,
        )
        for cause in judged.causes
    ]


def test_nothing_wrong_is_optimal() -> None:
    assert _judge() == Operational(OPTIMAL, ())
    assert _judge(_fine(5)) == Operational(OPTIMAL, ())


@pytest.mark.parametrize("kind", [*SAFETY_KINDS, K.ALARM_TRIGGERED])
def test_what_endangers_is_an_alert(kind: CauseKind) -> None:
    judged = _judge(entities=[EntityFact(kind=kind, entity_id="x", name="X", since=NOW)])
    assert (judged.status, judged.causes[0].kind) == (ALERT, kind)


@pytest.mark.parametrize("kind", [K.PROBLEM, K.LOW_BATTERY, K.STALE_SENSOR])
def test_what_annoys_degrades(kind: CauseKind) -> None:
    judged = _judge(entities=[EntityFact(kind=kind, entity_id="x", name="X", since=NOW)])
    assert (judged.status, judged.causes[0].kind) == (DEGRADED, kind)


@pytest.mark.parametrize(
    ("devices", "integrations", "expected"),
    [
        # One device.
        ([_device("a")], [], [("device_offline", "a", DEGRADED, ())]),
        ([_device("a", off=False, silent=True)], [], []),
        ([_device("a", muted=True)], [], []),
        ([_device("a", critical=True)], [], [("critical_device_offline", "a", ALERT, ())]),
        ([_device("a", critical=True, off=False)], [], []),
        ([_device("a", critical=True, muted=True)], [], []),
        # A hub and what is behind it, at any depth.
        (
            [_device("hub"), _device("a", hub="hub"), _device("b", hub="a")],
            [],
            [("device_offline", "hub", ALERT, ("a", "b"))],
        ),
        (
            [_device("hub"), _device("a", hub="hub"), *_fine(9)],
            [],
            [("device_offline", "hub", DEGRADED, ("a",))],
        ),
        (
            [_device("hub", off=False), _device("a", hub="hub"), *_fine(9)],
            [],
            [("device_offline", "a", DEGRADED, ())],
        ),
        ([_device("a", hub="gone")], [], [("device_offline", "a", DEGRADED, ())]),
        ([_device("hub", muted=True), _device("a", hub="hub")], [], []),
        (
            [_device("hub"), _device("a", hub="hub", muted=True)],
            [],
            [("device_offline", "hub", DEGRADED, ())],
        ),
        (
            [_device("hub"), _device("a", hub="hub", critical=True), *_fine(9)],
            [],
            [("device_offline", "hub", ALERT, ("a",))],
        ),
        # A circle of hubs is nobody's root.
        (
            [_device("a", hub="b"), _device("b", hub="a"), *_fine(9)],
            [],
            [("device_offline", "a", DEGRADED, ()), ("device_offline", "b", DEGRADED, ())],
        ),
        (
            [_device("a", hub="b"), _device("b", hub="c"), _device("c", hub="b"), *_fine(10)],
            [],
            [("device_offline", name, DEGRADED, ()) for name in "abc"],
        ),
        # A failed integration and what is behind it.
        ([], [FAILED], [("integration_failed", "e", DEGRADED, ())]),
        (
            [_device("a", entry="e"), _device("b", entry="e", off=False, silent=True), *_fine(9)],
            [FAILED],
            [("integration_failed", "e", DEGRADED, ("a", "b"))],
        ),
        (
            [_device("a", entry="e", off=False), *_fine(9)],
            [FAILED],
            [("integration_failed", "e", DEGRADED, ())],
        ),
        (
            [_device("hub", entry="e"), _device("a", hub="hub"), *_fine(9)],
            [FAILED],
            [("integration_failed", "e", DEGRADED, ("a", "hub"))],
        ),
        # Whoever ignores all devices of an integration does not want to hear of it.
        ([_device("a", entry="e", muted=True), *_fine(9)], [FAILED], []),
        (
            [_device("a", entry="e", muted=True), _device("b", entry="e"), *_fine(9)],
            [FAILED],
            [("integration_failed", "e", DEGRADED, ("b",))],
        ),
        (
            [_device("a", entry="e", critical=True), *_fine(9)],
            [FAILED],
            [("integration_failed", "e", ALERT, ("a",))],
        ),
        (
            [_device("a", entry="e", critical=True, off=False, silent=True), *_fine(9)],
            [FAILED],
            [("integration_failed", "e", DEGRADED, ("a",))],
        ),
    ],
)
def test_an_outage_is_one_cause_at_its_root(
    devices: list[DeviceFact],
    integrations: list[IntegrationFact],
    expected: list[tuple[str, str, OperationalStatus, tuple[str, ...]]],
) -> None:
    assert _told(_judge(devices, integrations=integrations)) == expected


@pytest.mark.parametrize(
    ("offline", "fine", "alert"),
    [(1, 0, False), (2, 0, False), (2, 6, False), (3, 0, True), (3, 9, True), (3, 10, False)],
)
def test_a_quarter_of_the_devices_and_three_at_least_are_an_alert(
    offline: int, fine: int, alert: bool
) -> None:
    devices = [_device(f"d{number}") for number in range(offline)]
    judged = _judge([*devices, *_fine(fine)])
    assert (judged.status is ALERT) is alert
    if alert:
        affected = tuple(device.device_id for device in devices)
        assert _told(judged) == [("many_devices_offline", None, ALERT, affected)]
    else:
        assert len(judged.causes) == offline


def test_ignored_devices_are_no_part_of_the_share() -> None:
    muted = [_device(f"m{number}", muted=True) for number in range(3)]
    assert _judge([*muted, *_fine(1)]).status is OPTIMAL
    offline = [_device(f"d{number}") for number in range(3)]
    quiet = [_device(f"q{number}", off=False, muted=True) for number in range(50)]
    assert _judge([*offline, *quiet, *_fine(9)]).status is ALERT


def test_the_root_of_most_of_a_big_outage_carries_the_alert() -> None:
    behind = [_device(f"b{number}", hub="hub") for number in range(3)]
    small = [_device("relay"), _device("r", hub="relay")]
    judged = _judge([*small, _device("hub"), *behind, _device("alone")])
    assert _told(judged) == [
        ("device_offline", "hub", ALERT, ("b0", "b1", "b2")),
        ("device_offline", "alone", DEGRADED, ()),
        ("device_offline", "relay", DEGRADED, ("r",)),
    ]


def test_a_root_with_as_many_as_are_loose_carries_the_alert() -> None:
    behind = [_device(f"b{number}", hub="hub") for number in range(2)]
    judged = _judge([_device("hub"), *behind, _device("l0"), _device("l1")])
    assert [(cause.device_id, cause.severity) for cause in judged.causes] == [
        ("hub", ALERT),
        ("l0", DEGRADED),
        ("l1", DEGRADED),
    ]


def test_the_loose_ones_of_a_big_outage_carry_the_alert_together() -> None:
    loose = [_device(f"d{number}") for number in range(3)]
    judged = _judge([_device("hub"), _device("b", hub="hub"), *loose])
    assert _told(judged) == [
        ("many_devices_offline", None, ALERT, ("d0", "d1", "d2")),
        ("device_offline", "hub", DEGRADED, ("b",)),
    ]


def test_critical_devices_stay_causes_of_their_own_in_a_big_outage() -> None:
    judged = _judge([_device("c", critical=True), _device("l0"), _device("l1")])
    assert _told(judged) == [
        ("critical_device_offline", "c", ALERT, ()),
        ("many_devices_offline", None, ALERT, ("l0", "l1")),
    ]
    # One loose device is no outage of many.
    critical = [_device(f"c{number}", critical=True) for number in range(2)]
    judged = _judge([*critical, _device("loose")])
    assert [cause.kind for cause in judged.causes] == [
        K.CRITICAL_DEVICE_OFFLINE,
        K.CRITICAL_DEVICE_OFFLINE,
        K.DEVICE_OFFLINE,
    ]


def test_an_outage_of_a_thousand_devices_compares_no_causes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[object] = []

    def is_equal(cause: HomeCause, other: object) -> bool:
        compared.append(cause)
        return cause is other

    monkeypatch.setattr(HomeCause, "__eq__", is_equal)
    loose = [_device(f"d{number:04}") for number in range(1000)]
    judged = _judge([_device("c", critical=True), _device("hub"), _device("b", hub="hub"), *loose])
    assert not compared
    assert _told(judged) == [
        ("critical_device_offline", "c", ALERT, ()),
        ("many_devices_offline", None, ALERT, tuple(device.device_id for device in loose)),
        ("device_offline", "hub", DEGRADED, ("b",)),
    ]


def test_a_group_says_nothing_that_its_members_do_not_say() -> None:
    def leak(entity_id: str, *members: str) -> EntityFact:
        return EntityFact(
            kind=K.MOISTURE, entity_id=entity_id, name=entity_id, since=NOW, members=members
        )

    both = _judge(entities=[leak("all", "one", "two"), leak("one")])
    assert [cause.entity_id for cause in both.causes] == ["one"]
    alone = _judge(entities=[leak("all", "one", "two")])
    assert [cause.entity_id for cause in alone.causes] == ["all"]


def test_a_member_that_says_something_else_does_not_silence_its_group() -> None:
    facts = [
        EntityFact(kind=K.SMOKE, entity_id="all", name="", since=NOW, members=("one",)),
        EntityFact(kind=K.PROBLEM, entity_id="one", name="", since=NOW),
    ]
    assert len(_judge(entities=facts).causes) == 2


def test_the_worst_comes_first_then_the_oldest() -> None:
    later = NOW + timedelta(minutes=1)
    judged = _judge(
        [_device("a")],
        [
            EntityFact(kind=K.LOW_BATTERY, device_id="b", name="", since=NOW),
            EntityFact(kind=K.PROBLEM, entity_id="p2", name="", since=later),
            EntityFact(kind=K.PROBLEM, entity_id="p1", name="", since=NOW),
            EntityFact(kind=K.MOISTURE, entity_id="m", name="", since=later),
            EntityFact(kind=K.SMOKE, entity_id="s", name="", since=later),
        ],
        [FAILED],
    )
    assert [cause.key for cause in judged.causes] == [
        "smoke:s",
        "moisture:m",
        "integration_failed:e",
        "device_offline:a",
        "problem:p1",
        "problem:p2",
        "low_battery:b",
    ]
    assert judged.status is ALERT


def test_a_cause_that_was_open_before_keeps_its_since() -> None:
    before, after = NOW - timedelta(days=2), NOW + timedelta(days=2)
    opened = {"device_offline:a": before, "device_offline:b": after}
    judged = _judge([_device("a"), _device("b"), *_fine(9)], opened=opened)
    assert [cause.since for cause in judged.causes] == [before, NOW]


def _cause(kind: CauseKind, minutes: int) -> HomeCause:
    since = NOW - timedelta(minutes=minutes)
    return HomeCause(kind=kind, severity=DEGRADED, since=since, name="", device_id=str(minutes))


@pytest.mark.parametrize(
    ("kind", "minutes", "expected"),
    [
        (K.DEVICE_OFFLINE, 60, True),
        (K.DEVICE_OFFLINE, 59, False),
        (K.CRITICAL_DEVICE_OFFLINE, 90, True),
        (K.INTEGRATION_FAILED, 90, True),
        (K.LOW_BATTERY, 90, True),
        (K.STALE_SENSOR, 90, True),
        (K.SMOKE, 90, False),
        (K.ALARM_TRIGGERED, 90, False),
        (K.PROBLEM, 90, False),
        (K.MANY_DEVICES_OFFLINE, 90, True),
    ],
)
def test_a_person_is_asked_for_what_they_can_mend_after_an_hour(
    kind: CauseKind, minutes: int, expected: bool
) -> None:
    cause = _cause(kind, minutes)
    assert actionable([cause], NOW) == ((cause,) if expected else ())


def test_the_next_that_a_person_is_asked_for() -> None:
    causes = [_cause(K.LOW_BATTERY, 10), _cause(K.DEVICE_OFFLINE, 50), _cause(K.SMOKE, 55)]
    assert next_actionable(causes, NOW) == NOW + timedelta(minutes=10)
    assert next_actionable([_cause(K.LOW_BATTERY, 60)], NOW) is None
    assert next_actionable([], NOW) is None


_names = st.sampled_from("abcdefgh")
_facts = st.builds(
    _device,
    _names,
    off=st.booleans(),
    hub=st.none() | _names,
    entry=st.sampled_from(["e", "fine"]),
    silent=st.none() | st.just(True),
    critical=st.booleans(),
    muted=st.booleans(),
)


@given(st.lists(_facts, max_size=8), st.booleans())
def test_every_offline_device_is_accounted_for_exactly_once(
    facts: list[DeviceFact], failed: bool
) -> None:
    devices = {fact.device_id: fact for fact in facts}
    judged = operational(devices, [], [FAILED] if failed else [], {})
    named = [
        device_id
        for cause in judged.causes
        for device_id in (*cause.affects, *((cause.device_id,) if cause.device_id else ()))
    ]
    assert len(set(named)) == len(named)
    assert not any(devices[device_id].muted for device_id in named)
    hubs_muted = any(fact.muted for fact in devices.values())
    offline = {fact.device_id for fact in devices.values() if fact.offline_since}
    assert hubs_muted or offline <= set(named)
    assert (judged.status is OPTIMAL) is (len(judged.causes) == 0)
    if judged.causes:
        assert judged.status is judged.causes[0].severity
