"""The context of a person or a home is set by an action."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from tests.common import ANNA, GOAL_ID, HOME_ID

from .conftest import Perform, Refuses

NOW = "2026-03-01T12:00:00+00:00"


@pytest.fixture(autouse=True)
def _now(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


async def test_a_context_begins_now_and_has_no_end(perform: Perform) -> None:
    assert await perform("set_context", twin=ANNA, context="ill") == {
        "person_id": ANNA,
        "context": "ill",
        "context_since": NOW,
        "context_until": None,
    }


async def test_a_context_may_have_a_beginning_and_an_end(perform: Perform) -> None:
    answer = await perform(
        "set_context", twin=HOME_ID, context="Guests", since="2026-02-27", until="2026-03-08"
    )
    assert (answer["context_since"], answer["context_until"]) == ("2026-02-27", "2026-03-08")


async def test_a_time_without_an_offset_is_local(hass: HomeAssistant, perform: Perform) -> None:
    await hass.config.async_set_time_zone("Europe/Warsaw")
    answer = await perform("set_context", twin=ANNA, context="ill", until="2026-03-08 12:00:00")
    assert answer["context_until"] == "2026-03-08T11:00:00+00:00"


async def test_a_call_without_an_end_takes_it_away(perform: Perform) -> None:
    await perform("set_context", twin=ANNA, context="ill", until="2026-03-08")
    answer = await perform("set_context", twin=ANNA, context="ill")
    assert (answer["context_since"], answer["context_until"]) == (NOW, None)


async def test_the_usual_context_ends_another(
    perform: Perform, freezer: FrozenDateTimeFactory
) -> None:
    await perform("set_context", twin=ANNA, context="ill")
    freezer.tick(timedelta(days=1))
    answer = await perform("set_context", twin=ANNA, context="usual")
    assert (answer["context"], answer["context_since"]) == ("usual", None)
    (period,) = (await perform("get_twin", twin=ANNA))["past_contexts"]
    assert period == {"context": "ill", "since": NOW, "until": "2026-03-02T12:00:00+00:00"}


@pytest.mark.parametrize(
    ("key", "field", "given"),
    [
        ("no_context", "twin", {"twin": GOAL_ID, "context": "ill"}),
        ("not_found", "twin", {"twin": "nobody", "context": "ill"}),
        ("required_field", "context", {"twin": ANNA}),
        ("not_an_option_private", "context", {"twin": ANNA, "context": "guests"}),
        ("not_an_option", "context", {"twin": HOME_ID, "context": "ill"}),
        ("future_time", "since", {"twin": ANNA, "context": "ill", "since": "2026-03-09"}),
        ("invalid_time", "until", {"twin": ANNA, "context": "ill", "until": "soon"}),
        ("usual_context", "until", {"twin": ANNA, "context": "usual", "until": "2026-03-09"}),
        ("unknown_field", "end", {"twin": ANNA, "context": "ill", "end": "2026-03-09"}),
    ],
)
async def test_what_is_refused_names_the_field(
    refuses: Refuses, key: str, field: str, given: dict[str, str]
) -> None:
    await refuses(key, field, "set_context", **given)
