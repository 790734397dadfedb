"""Milestones in a form: each is a row of a list, opened in a dialog of its own."""

from typing import Any

from homeassistant.helpers.selector import (
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    Selector,
    TextSelector,
)

from .inputs import Surroundings

REQUIRED = ("name", "date")


def milestones_selector(_surroundings: Surroundings) -> ObjectSelector:
    """Ask for milestones; the rows are as they stand in documents."""
    selectors: dict[str, Selector[Any]] = {
        "name": TextSelector(),
        "date": DateSelector(),
        "progress": NumberSelector(
            NumberSelectorConfig(
                mode=NumberSelectorMode.BOX,
                min=0,
                max=100,
                step="any",
                unit_of_measurement="%",
            )
        ),
        "key": TextSelector(),
    }
    return ObjectSelector(
        ObjectSelectorConfig(
            fields={
                name: ObjectSelectorField(selector=selector, required=name in REQUIRED)
                for name, selector in selectors.items()
            },
            multiple=True,
            label_field="name",
            description_field="date",
            translation_key="milestone",
        )
    )
