"""What things are by their names: what is found, and what is not mistaken for it."""

import pytest

from custom_components.digital_twin.twin.home.kinds import (
    LeftOut,
    is_charged_by_its_owner,
    is_no_battery_level,
    is_outdoor_place,
    is_public_warning,
    is_rain,
    may_be_off,
    no_air_of_the_room,
    tells_charging,
)


@pytest.mark.parametrize(
    ("name", "device", "reason"),
    [
        ("Temperature", "Living room", None),
        ("First floor temperature", "", None),
        ("Ground floor temperature", "", None),
        ("2nd floor temperature", "", None),
        ("Temperatur Erdgeschoss", "", None),
        ("Bed room temperature", "", None),
        ("Boiler room temperature", "", None),
        ("Temperature", "Server room sensor", None),
        ("Average temperature", "", None),
        ("Room temperature", "Fridge", None),
        ("Temperature", "Motorola sensor", None),
        ("Floor temperature", "", LeftOut.SURFACE),
        ("Room target temperature", "", LeftOut.SETTING),
        ("Indoor coil temperature", "", LeftOut.DUCT_AIR),
        ("Temperature", "Freezer", LeftOut.APPLIANCE),
        ("currentWaterTemperature", "", LeftOut.WATER),
        ("Temperatura zewnętrzna", "", LeftOut.OUTDOOR_AIR),
        ("Podłoga", "", LeftOut.SURFACE),
        ("Vorlauftemperatur", "", LeftOut.DUCT_AIR),
    ],
)
def test_what_measures_the_air_of_a_room(name: str, device: str, reason: LeftOut | None) -> None:
    assert no_air_of_the_room("temperature", (None, name), (device, None)) is reason


def test_power_is_left_out_only_as_a_setting() -> None:
    assert no_air_of_the_room("power", ("Boiler power",), ()) is None
    assert no_air_of_the_room("power", ("Power limit",), ()) is LeftOut.SETTING


@pytest.mark.parametrize(
    ("texts", "rain"),
    [
        (("Rain",), True),
        (("Water leak", "Rain sensor"), True),
        (("Opady",), True),
        (("Rainwater tank leak",), False),
        (("Water leak", "Washing machine"), False),
        (("Training room",), False),
    ],
)
def test_what_is_rain(texts: tuple[str, ...], rain: bool) -> None:
    assert is_rain(texts) is rain


@pytest.mark.parametrize(
    ("name", "outdoor"),
    [("Garden", True), ("Garden room", False), ("Ogród", True), ("Kitchen", False), ("Hof", True)],
)
def test_what_is_outdoors(name: str, outdoor: bool) -> None:
    assert is_outdoor_place((name,)) is outdoor


def test_batteries() -> None:
    assert is_no_battery_level(("state_of_health",))
    assert not is_no_battery_level(("Battery", "Remaining capacity"))
    assert tells_charging(("is_charging",))
    assert not tells_charging(("Battery state",))
    assert is_charged_by_its_owner("mobile_app", ())
    assert is_charged_by_its_owner(None, ("Odkurzacz",))
    assert not is_charged_by_its_owner("zha", ("Door sensor",))


def test_what_may_be_off() -> None:
    assert may_be_off("opendtu", ())
    assert may_be_off(None, ("Zmywarka",))
    assert not may_be_off(None, ("Fridge",))


def test_public_warnings() -> None:
    assert is_public_warning("meteoalarm", ())
    assert is_public_warning(None, ("Ostrzeżenie przed burzą",))
    assert not is_public_warning("zha", ("Door safety",))
