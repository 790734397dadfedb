"""The house: its floors, rooms and devices, and what a person can change in it."""

from dataclasses import dataclass, field

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    LIGHT_LUX,
    PERCENTAGE,
    UnitOfEnergy,
    UnitOfMass,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
)

DOMAIN = "demo_home"
FURNISHED_ON = "furnished_on"

UNITS = {
    SensorDeviceClass.BATTERY: PERCENTAGE,
    SensorDeviceClass.CO2: UnitOfRatio.PARTS_PER_MILLION,
    SensorDeviceClass.ENERGY: UnitOfEnergy.KILO_WATT_HOUR,
    SensorDeviceClass.HUMIDITY: PERCENTAGE,
    SensorDeviceClass.ILLUMINANCE: LIGHT_LUX,
    SensorDeviceClass.POWER: UnitOfPower.WATT,
    SensorDeviceClass.TEMPERATURE: UnitOfTemperature.CELSIUS,
}


def state_class(device_class: SensorDeviceClass) -> SensorStateClass:
    """Return the state class of a measurement of the house."""
    if device_class is SensorDeviceClass.ENERGY:
        return SensorStateClass.TOTAL_INCREASING
    return SensorStateClass.MEASUREMENT


@dataclass(frozen=True, slots=True)
class Room:
    """An area, on a floor or outdoors."""

    name: str
    icon: str
    floor: str | None = None


@dataclass(frozen=True, slots=True)
class Vital:
    """What a device measures of a person, and the input_number that it follows."""

    name: str
    unit: str
    helper: str
    device_class: SensorDeviceClass | None = None
    state_class: SensorStateClass = SensorStateClass.MEASUREMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device: what it measures, what it detects, and which helpers move it.

    ``values`` holds measurements that stand still while the house does; ``detects`` and ``moved``
    name the helper (an input_boolean, an input_number) that an entity follows; ``vitals`` is what
    it measures of a person. ``plug`` is the input_boolean that makes the whole device unavailable
    while it is off; ``whereabouts`` the one that says that a phone is at home. ``drain`` is what
    its battery loses, in percentage points a day, unless it is charged until ``charged_at`` (hour).
    """

    key: str
    name: str
    room: str | None
    maker: str
    model: str
    values: dict[SensorDeviceClass, float] = field(default_factory=dict)
    detects: dict[BinarySensorDeviceClass, str] = field(default_factory=dict)
    moved: dict[SensorDeviceClass, str] = field(default_factory=dict)
    vitals: tuple[Vital, ...] = ()
    plug: str | None = None
    whereabouts: str | None = None
    drain: float = 0.0
    charged_at: float | None = None


FLOORS = {"Ground floor": 0, "First floor": 1}

ROOMS = (
    Room("Living room", "mdi:sofa", "Ground floor"),
    Room("Kitchen", "mdi:stove", "Ground floor"),
    Room("Hallway", "mdi:coat-rack", "Ground floor"),
    Room("Bedroom", "mdi:bed", "First floor"),
    Room("Office", "mdi:desk", "First floor"),
    Room("Bathroom", "mdi:shower", "First floor"),
    Room("Garden", "mdi:flower"),
)

_TEMPERATURE = SensorDeviceClass.TEMPERATURE
_HUMIDITY = SensorDeviceClass.HUMIDITY
_BATTERY = SensorDeviceClass.BATTERY

METER = "energy_meter"

DEVICES = (
    Device(
        key="living_climate",
        name="Living room climate",
        room="Living room",
        maker="Nordlys",
        model="Climate S2",
        values={_HUMIDITY: 45.0, _BATTERY: 84.0},
        moved={_TEMPERATURE: "living_room_temperature"},
        drain=0.19,
    ),
    Device(
        key="kitchen_climate",
        name="Kitchen climate",
        room="Kitchen",
        maker="Nordlys",
        model="Climate S2",
        values={_TEMPERATURE: 22.1, _HUMIDITY: 51.0, _BATTERY: 67.0},
        drain=0.21,
    ),
    Device(
        key="bedroom_climate",
        name="Bedroom climate",
        room="Bedroom",
        maker="Nordlys",
        model="Climate S1",
        values={_TEMPERATURE: 19.6, _HUMIDITY: 48.0, _BATTERY: 12.0},
        drain=0.42,
    ),
    Device(
        key="office_air",
        name="Office air monitor",
        room="Office",
        maker="Brzask",
        model="Air Monitor Pro",
        values={_TEMPERATURE: 21.9, _HUMIDITY: 43.0, SensorDeviceClass.CO2: 820.0},
        plug="office_air_monitor_plugged_in",
    ),
    Device(
        key="bathroom_climate",
        name="Bathroom climate",
        room="Bathroom",
        maker="Nordlys",
        model="Climate S2",
        values={_TEMPERATURE: 23.0, _HUMIDITY: 63.0, _BATTERY: 91.0},
        drain=0.24,
    ),
    Device(
        key="garden_climate",
        name="Garden weather",
        room="Garden",
        maker="Nordlys",
        model="Climate Outdoor",
        values={_TEMPERATURE: 8.3, _HUMIDITY: 81.0, _BATTERY: 55.0},
        drain=0.61,
    ),
    Device(
        key="hallway_motion",
        name="Hallway motion",
        room="Hallway",
        maker="Brzask",
        model="Motion M1",
        values={SensorDeviceClass.ILLUMINANCE: 120.0, _BATTERY: 73.0},
        detects={BinarySensorDeviceClass.MOTION: "hallway_motion"},
        drain=0.33,
    ),
    Device(
        key="washing_machine_leak",
        name="Washing machine leak",
        room="Bathroom",
        maker="Brzask",
        model="Leak L1",
        values={_BATTERY: 95.0},
        detects={BinarySensorDeviceClass.MOISTURE: "washing_machine_leak"},
        drain=0.05,
    ),
    Device(
        key="kitchen_smoke",
        name="Kitchen smoke alarm",
        room="Kitchen",
        maker="Brzask",
        model="Smoke A3",
        values={_BATTERY: 88.0},
        detects={BinarySensorDeviceClass.SMOKE: "kitchen_smoke"},
        drain=0.04,
    ),
    Device(
        key=METER,
        name="Energy meter",
        room="Hallway",
        maker="Brzask",
        model="Meter E3",
        values={SensorDeviceClass.POWER: 240.0, SensorDeviceClass.ENERGY: 16_218.4},
    ),
    Device(
        key="anna_phone",
        name="Anna's phone",
        room=None,
        maker="Jaskier",
        model="Phone 7",
        values={_BATTERY: 61.0},
        whereabouts="anna_at_home",
        charged_at=6.5,
    ),
    Device(
        key="jan_phone",
        name="Jan's phone",
        room=None,
        maker="Jaskier",
        model="Phone 6",
        values={_BATTERY: 47.0},
        whereabouts="jan_at_home",
        charged_at=7.0,
    ),
    Device(
        key="anna_watch",
        name="Anna's watch",
        room=None,
        maker="Jaskier",
        model="Watch 3",
        values={_BATTERY: 38.0},
        vitals=(
            Vital("Resting heart rate", "bpm", "watch_pulse"),
            Vital("Steps", "steps", "watch_counter", state_class=SensorStateClass.TOTAL_INCREASING),
        ),
        charged_at=20.0,
    ),
    Device(
        key="bathroom_scale",
        name="Bathroom scale",
        room="Bathroom",
        maker="Brzask",
        model="Scale W2",
        values={_BATTERY: 79.0},
        vitals=(Vital("Weight", UnitOfMass.KILOGRAMS, "scale_reading", SensorDeviceClass.WEIGHT),),
        drain=0.12,
    ),
)
