from collections import Counter

import pytest

from custom_components.digital_twin.engine.core.feed import Publisher, Slice

WEIGHT = Slice("person", "anna", "weight")
PULSE = Slice("person", "anna", "pulse")


def test_only_the_subscribers_of_a_slice_are_told() -> None:
    publisher, told = Publisher(), Counter[str]()
    publisher.subscribe(WEIGHT, lambda: told.update(["weight"]))
    publisher.subscribe(PULSE, lambda: told.update(["pulse"]))
    publisher.publish([WEIGHT])
    assert told == {"weight": 1}


def test_a_subscriber_of_several_slices_is_told_once() -> None:
    publisher, told = Publisher(), Counter[str]()
    publisher.subscribe([WEIGHT, PULSE], lambda: told.update(["both"]))
    publisher.publish([WEIGHT, PULSE])
    assert told == {"both": 1}


def test_nobody_is_told_after_the_end_of_a_subscription() -> None:
    publisher, told = Publisher(), Counter[str]()
    end = publisher.subscribe([WEIGHT, PULSE], lambda: told.update(["both"]))
    publisher.subscribe(WEIGHT, lambda: told.update(["weight"]))
    end()
    end()
    publisher.publish([WEIGHT, PULSE])
    assert told == {"weight": 1}


def test_a_subscription_may_end_while_its_slice_is_published() -> None:
    publisher, told = Publisher(), Counter[str]()

    def once() -> None:
        told.update(["once"])
        end()

    end = publisher.subscribe(WEIGHT, once)
    publisher.subscribe(WEIGHT, lambda: told.update(["weight"]))
    publisher.publish([WEIGHT])
    publisher.publish([WEIGHT])
    assert told == {"once": 1, "weight": 2}


@pytest.mark.no_fail_on_log_exception
def test_who_fails_keeps_nobody_else_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    publisher, told = Publisher(), Counter[str]()

    def fail() -> None:
        raise ValueError("broken")

    publisher.subscribe(WEIGHT, fail)
    publisher.subscribe(WEIGHT, lambda: told.update(["weight"]))
    publisher.publish([WEIGHT])
    assert told == {"weight": 1}
    assert "ValueError: broken" in caplog.text
