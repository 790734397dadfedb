"""What the twins refuse becomes an error whose text can be written in every language."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
import json
from pathlib import Path

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.commands.access import Access, NotPermittedError
from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.files import StoppedError, StoreFailedError
from custom_components.digital_twin.surfaces.errors import (
    PRIVATE,
    WRONG_TYPES,
    message_key,
    translated_errors,
)
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.errors import Fault, TwinError, fault, refuse
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.records.fields import Context
from custom_components.digital_twin.twin.records.revisions import create

from ..architecture.texts import Use, error_keys, placeholders
from ..twin.strategies import ANYTHING, objects

PACKAGE = Path(__file__).parents[2] / "custom_components" / DOMAIN
LANGUAGES = ("en", "pl")
# Nothing that somebody sent is at fault there.
WITHOUT_FIELD = {"damaged_file", "newer_file", "not_loaded", "not_saved", "stopped"}


def _messages(language: str) -> dict[str, str]:
    path = PACKAGE / "translations" / f"{language}.json"
    exceptions = json.loads(path.read_text(encoding="utf-8"))["exceptions"]
    return {key: text["message"] for key, text in exceptions.items()}


def _sources() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.read_text(encoding="utf-8"), str(path.relative_to(PACKAGE))


def _raise_sites() -> list[Use]:
    """List the messages that faults end up with, once for each set of placeholders."""
    found: dict[tuple[str, frozenset[str]], Use] = {}
    for source, name in _sources():
        for use in error_keys(source, name):
            if use.placeholders is None:
                continue
            keys = {use.key, message_key(Fault(use.key, "", dict.fromkeys(use.placeholders, "")))}
            if use.key == "wrong_type":
                keys |= {*WRONG_TYPES.values()}
            for key in keys:
                found[key, use.placeholders] = Use(use.where, key, use.placeholders)
    return sorted(found.values(), key=lambda use: (use.key, use.where))


def _expected_types() -> set[str]:
    return {
        word.value.value
        for source, _ in _sources()
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        for word in call.keywords
        if word.arg == "expected"
        if isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("use", _raise_sites(), ids=lambda use: f"{use.where}-{use.key}")
def test_every_message_can_be_written(language: str, use: Use) -> None:
    assert use.placeholders is not None
    text = _messages(language)[use.key].format(**{word: f"<{word}>" for word in use.placeholders})
    assert use.key in WITHOUT_FIELD or "<field>" in text
    assert "{" not in text


def test_every_expected_type_has_a_message_of_its_own() -> None:
    assert _expected_types() == WRONG_TYPES.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["own_person_only", "own_goals_only", "administrators_only"])
def test_a_forbidden_field_is_named(language: str, key: str) -> None:
    error = NotPermittedError(key, "goal")
    assert error.translation_placeholders == {"field": "goal"}
    assert "goal" in _messages(language)[key].format(**error.translation_placeholders)


def test_a_trusted_caller_needs_no_person() -> None:
    Access(everything=True).require_values({"owner_person_id": None, "person_entity": None})


def test_refused_input_becomes_an_error_about_its_first_fault() -> None:
    first = fault("too_long", "name", maximum=255)
    with pytest.raises(ServiceValidationError) as refused, translated_errors():
        raise TwinError(first, fault("required_field", "goal_code"))
    error = refused.value
    assert (error.translation_domain, error.translation_key) == (DOMAIN, "too_long")
    assert error.translation_placeholders == {"field": "name", "maximum": "255"}
    assert isinstance(error.__cause__, TwinError)


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (refuse("wrong_type", "a", value=1, expected="list"), "wrong_type_list"),
        (refuse("wrong_type", "a", value=1, expected="colour"), "wrong_type"),
        (refuse("out_of_range", "a", value=1, minimum=2, maximum=3), "out_of_range"),
        (
            refuse("out_of_range", "a", value=1, minimum=2, maximum=3, unit="kg"),
            "out_of_range_unit",
        ),
        (refuse("not_found", "a", value=1), "not_found"),
    ],
)
def test_a_fault_finds_the_message_that_suits_it(error: TwinError, key: str) -> None:
    with pytest.raises(ServiceValidationError) as refused, translated_errors():
        raise error
    assert refused.value.translation_key == key


@pytest.mark.parametrize(
    ("error", "key"), [(StoreFailedError("full"), "not_saved"), (StoppedError(), "stopped")]
)
def test_a_failed_save_is_not_the_fault_of_the_input(error: Exception, key: str) -> None:
    with pytest.raises(HomeAssistantError) as failed, translated_errors():
        raise error
    assert not isinstance(failed.value, ServiceValidationError)
    assert failed.value.translation_key == key


def test_what_is_right_passes_through() -> None:
    with translated_errors():
        done = True
    assert done


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(KeyError), translated_errors():
        raise KeyError("a defect")


@pytest.mark.parametrize("language", LANGUAGES)
@given(
    name=st.sampled_from([name for name, entry in PERSON.fields.items() if entry.private]),
    value=ANYTHING
    | st.dictionaries(
        st.sampled_from([*CATALOGUE]),
        ANYTHING | objects("value", "unit", "measured_at", "source", "total"),
    ),
)
def test_every_fault_of_a_private_field_has_a_text_without_the_value(
    language: str, name: str, value: object
) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    document = {"name": "Anna", name: value}
    try:
        create(PERSON, document, Context(now=now, today=now.date()), "anna")
    except TwinError as error:
        for each in error.faults:
            text = _messages(language)[message_key(each)].format(**each.placeholders)
            assert each.field in text


def test_each_text_for_private_fields_says_the_same_without_the_value() -> None:
    english = _messages("en")
    for key, private in PRIVATE.items():
        assert placeholders(english[key]) - placeholders(english[private]) == {"value"} or (
            "unit" in key
        )
