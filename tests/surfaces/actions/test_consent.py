"""The action that says who is told what."""

from typing import Any

from homeassistant.exceptions import ServiceValidationError
import pytest

from tests.common import ANNA

from .conftest import Perform


async def test_it_is_about_some_metrics_or_about_all_others(perform: Perform) -> None:
    some = await perform("set_consent", person=ANNA, metrics=["weight", "mood"], household="band")
    band = {"household": "band"}
    assert some == {"person_id": ANNA, "consent": {"weight": band, "mood": band}}
    others = await perform("set_consent", person=ANNA, assistants="Nothing")
    assert others["consent"] == {"weight": band, "mood": band, "*": {"assistants": "nothing"}}
    # Who is not named is told what they were.
    more = await perform("set_consent", person=ANNA, metrics=["mood"], api="trend")
    assert more["consent"]["mood"] == {"household": "band", "api": "trend"}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, ""),
        ({"metrics": ["weight"]}, ""),
        ({"assistants": "some"}, "assistants"),
        ({"metrics": ["wieght"], "assistants": "band"}, "metrics"),
        ({"metrics": 7, "assistants": "band"}, "metrics"),
        ({"everybody": "band"}, "everybody"),
    ],
)
async def test_what_is_wrong_is_named(perform: Perform, data: dict[str, Any], field: str) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await perform("set_consent", person=ANNA, **data)
    placeholders = refused.value.translation_placeholders or {}
    assert placeholders.get("field", "") == field
