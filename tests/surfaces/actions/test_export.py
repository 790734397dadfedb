"""A twin is exported for keeping, and with invented values for the report of an error."""

import json
from pathlib import Path
import re
from typing import Final

from homeassistant.helpers.json import json_dumps
import pytest
import yaml

from tests.common import ANNA, GOAL_ID, HOME_ID

from .conftest import Perform, Refuses

ACTIONS: Final = Path(__file__).parents[3] / "docs" / "actions.md"
EXAMPLE: Final = re.compile(r"## export_twin\n.*?```yaml\n(.*?)```", re.DOTALL)
FOUND: Final = EXAMPLE.search(ACTIONS.read_text(encoding="utf-8"))


async def test_the_example_of_the_documentation_exports_an_invented_goal(perform: Perform) -> None:
    assert FOUND
    example = yaml.safe_load(FOUND[1])
    answer = await perform(example["action"].removeprefix("digital_twin."), **example["data"])
    told = (answer["synthetic"], answer["kind"], answer["record"]["status"])
    assert told == (True, "goal", "Planning")
    assert GOAL_ID not in json_dumps(answer)
    assert "Run" not in json_dumps(answer["record"]["name"])
    again = await perform("export_twin", **example["data"], seed="again")
    assert again["id"] != answer["id"]


@pytest.mark.parametrize("twin_id", [ANNA, HOME_ID, GOAL_ID])
async def test_a_real_export_has_the_record_and_can_be_written_as_json(
    perform: Perform, twin_id: str
) -> None:
    answer = await perform("export_twin", twin=twin_id)
    read = json.loads(json_dumps(answer))
    assert (read["id"], read["synthetic"], read["export"]) == (twin_id, False, 1)
    assert read["record"]["name"] in ("Anna", "Home", "Run")
    assert read["versions"].keys() == {"integration", "home_assistant", "store", "journal"}


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"twin": "nobody"}, "not_found", "twin"),
        ({"twin": GOAL_ID, "synthetic": "yes"}, "wrong_type_truth", "synthetic"),
        ({"twin": GOAL_ID, "seed": 1}, "wrong_type_text", "seed"),
        ({"twin": GOAL_ID, "other": 1}, "unknown_field", "other"),
    ],
)
async def test_what_cannot_be_exported_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "export_twin", **data)
