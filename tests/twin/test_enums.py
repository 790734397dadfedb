import pytest

from custom_components.digital_twin.twin import enums
from custom_components.digital_twin.twin.enums import ActivityLevel, GoalStatus, TwinEnum

ALL = [
    member
    for enum in vars(enums).values()
    if isinstance(enum, type) and issubclass(enum, TwinEnum)
    for member in enum
]


@pytest.mark.parametrize(
    ("enum", "documents", "slugs"),
    [
        (
            ActivityLevel,
            ["Sedentary", "Light", "Moderate", "Active", "Very Active"],
            ["sedentary", "light", "moderate", "active", "very_active"],
        ),
        (
            GoalStatus,
            ["Planning", "Active", "On Hold", "Completed", "Archived"],
            ["planning", "active", "on_hold", "completed", "archived"],
        ),
        (enums.Gender, ["Male", "Female", "Other"], ["male", "female", "other"]),
        (enums.OccupancyStatus, ["Occupied", "Vacant", "Away"], ["occupied", "vacant", "away"]),
        (
            enums.OperationalStatus,
            ["Optimal", "Degraded", "Alert"],
            ["optimal", "degraded", "alert"],
        ),
    ],
)
def test_both_spellings_of_the_data_model(
    enum: type[TwinEnum], documents: list[str], slugs: list[str]
) -> None:
    assert [member.value for member in enum] == documents
    assert enum.slugs() == slugs


@pytest.mark.parametrize("member", ALL)
def test_either_spelling_is_read_in_any_case(member: TwinEnum) -> None:
    for text in (member.value, member.slug, member.value.upper(), f"  {member.slug.title()} "):
        assert type(member).parse(text) is member


@pytest.mark.parametrize("text", ["", "holding", "veryactive", "On  Hold!"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a GoalStatus"):
        GoalStatus.parse(text)


def test_a_hyphen_is_a_space() -> None:
    assert GoalStatus.parse("on-hold") is GoalStatus.ON_HOLD
