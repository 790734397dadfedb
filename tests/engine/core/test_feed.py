from collections import Counter

import pytest

from custom_components.digital_twin.engine.core.feed import ChangeFeed, Topic

WEIGHT = Topic("person", "anna", "weight")
PULSE = Topic("person", "anna", "pulse")


def test_only_the_subscribers_of_a_slice_are_told() -> None:
    feed, told = ChangeFeed(), Counter[str]()
    feed.subscribe(WEIGHT, lambda _changes: told.update(["weight"]))
    feed.subscribe(PULSE, lambda _changes: told.update(["pulse"]))
    feed.publish_derived([WEIGHT])
    assert told == {"weight": 1}


def test_a_subscriber_of_several_slices_is_told_once() -> None:
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


def test_a_subscription_may_end_while_its_slice_is_published() -> None:
    feed, told = ChangeFeed(), Counter[str]()

    def once() -> None:
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

    def fail() -> None:
        raise ValueError("broken")

    feed.subscribe(WEIGHT, fail)
    feed.subscribe(WEIGHT, lambda _changes: told.update(["weight"]))
    feed.publish_derived([WEIGHT])
    assert told == {"weight": 1}
    assert "ValueError: broken" in caplog.text
