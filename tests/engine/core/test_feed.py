from collections import Counter
from dataclasses import replace
from typing import Any

from homeassistant.core import Context
import pytest

from custom_components.digital_twin.engine.core.feed import (
    Cause,
    Change,
    ChangeFeed,
    Origin,
    Topic,
    record_changes,
)
from custom_components.digital_twin.twin.enums import ItemState
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.goals.key_result_parts import ChecklistItem, DayValue
from custom_components.digital_twin.twin.goals.key_results import KeyResult
from tests.twin.samples import NOW, goal

WEIGHT = Topic("person", "anna", "weight")
PULSE = Topic("person", "anna", "pulse")


def test_only_the_subscribers_of_a_topic_are_told() -> None:
    feed, told = ChangeFeed(), Counter[str]()
    feed.subscribe(WEIGHT, lambda _changes: told.update(["weight"]))
    feed.subscribe(PULSE, lambda _changes: told.update(["pulse"]))
    feed.publish_derived([WEIGHT])
    assert told == {"weight": 1}


def test_a_subscriber_of_several_topics_is_told_once() -> None:
    feed, told = ChangeFeed(), Counter[str]()
    feed.subscribe([WEIGHT, PULSE], lambda _changes: told.update(["both"]))
    feed.publish_derived([WEIGHT, PULSE])
    assert told == {"both": 1}


def test_nobody_is_told_after_the_end_of_a_subscription() -> None:
    feed, told = ChangeFeed(), Counter[str]()
    end = feed.subscribe([WEIGHT, PULSE], lambda _changes: told.update(["both"]))
    feed.subscribe(WEIGHT, lambda _changes: told.update(["weight"]))
    end()
    end()
    feed.publish_derived([WEIGHT, PULSE])
    assert told == {"weight": 1}


def test_a_subscription_may_end_while_its_topic_is_published() -> None:
    feed, told = ChangeFeed(), Counter[str]()

    def once(_changes: object) -> None:
        told.update(["once"])
        end()

    end = feed.subscribe(WEIGHT, once)
    feed.subscribe(WEIGHT, lambda _changes: told.update(["weight"]))
    feed.publish_derived([WEIGHT])
    feed.publish_derived([WEIGHT])
    assert told == {"once": 1, "weight": 2}


@pytest.mark.no_fail_on_log_exception
def test_who_fails_keeps_nobody_else_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    feed, told = ChangeFeed(), Counter[str]()

    def fail(_changes: object) -> None:
        raise ValueError("broken")

    feed.subscribe(WEIGHT, fail)
    feed.subscribe(WEIGHT, lambda _changes: told.update(["weight"]))
    feed.publish_derived([WEIGHT])
    assert told == {"weight": 1}
    assert "ValueError: broken" in caplog.text


def test_a_subscriber_gets_its_changes_in_their_order_and_no_others() -> None:
    feed = ChangeFeed()
    told: list[tuple[Change, ...]] = []
    feed.subscribe([WEIGHT, Topic("person", None, "name")], told.append)
    changes = [
        Change(kind="person", twin_id="anna", fields=frozenset({"name", "weight"}), seq=1),
        Change(kind="person", twin_id="anna", fields=frozenset({"pulse"}), seq=2),
        Change(kind="person", twin_id="jan", fields=frozenset({"name"}), seq=3),
        Change(kind="goal", twin_id="anna", fields=frozenset({"name"}), seq=4),
    ]
    feed.publish(changes)
    assert told == [(changes[0], changes[2])]


def test_derived_values_of_a_twin_are_one_change() -> None:
    feed = ChangeFeed()
    told: list[tuple[Change, ...]] = []
    feed.subscribe([WEIGHT, PULSE], told.append)
    feed.publish_derived([WEIGHT, PULSE])
    ((change,),) = told
    assert (change.twin_id, change.seq) == ("anna", None)
    assert change.fields == frozenset({"weight", "pulse"})


@pytest.mark.parametrize(("user_id", "actor"), [("u1", "u1"), (None, "automation")])
def test_a_call_without_a_user_is_an_automation(user_id: str | None, actor: str) -> None:
    context = Context(user_id=user_id)
    cause = Cause.of_call(context, Origin.ACTION)
    assert (cause.actor, cause.origin, cause.context) == (actor, "action", context)


SAVED = KeyResult(key="saved", name="Saved", target=100.0, current=20.0)
TODO = ChecklistItem(id="book", name="Book", state=ItemState.TODO)


@pytest.mark.parametrize(
    ("change", "redefined"),
    [
        ({"current": 30.0}, False),
        ({"measured_at": NOW}, False),
        ({"days": (DayValue(NOW.date(), 1.0),)}, False),
        ({"name": "Put aside"}, True),
        ({"unit": "PLN"}, True),
        ({"target": 200.0}, True),
        ({"weight": 2.0}, True),
        ({"source": {"metric": "steps"}}, True),
        ({"maximum": 9.0}, True),
        ({"items": (TODO,)}, True),
        ({"extra": {"comparison": ">"}}, True),
        (None, True),
    ],
)
def test_a_value_alone_does_not_change_what_a_key_result_is(
    change: dict[str, Any] | None, redefined: bool
) -> None:
    before = replace(goal(), progress_metrics=(SAVED,))
    key_results = () if change is None else (replace(SAVED, **change),)
    after = replace(before, progress_metrics=key_results)
    changes = record_changes(GOAL, before, after, seq=1, cause=Cause())
    assert "progress_metrics" in changes[0].fields
    assert ("key_results" in changes[0].fields) is redefined
