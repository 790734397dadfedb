"""What sensors and devices are, told from their names, keys and models.

Device classes are coarse: the nozzle of a printer, a freezer and a room all have a temperature. The
words are English, Polish and German; they are compared without case and diacritics, as the
beginnings of words, because Polish and German inflect and compound.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import lru_cache
import re
from typing import Final
import unicodedata


class LeftOut(StrEnum):
    """Why a sensor does not count in the value of its area."""

    SETTING = "setting"
    DERIVED = "derived"
    OUTDOOR_AIR = "outdoor_air"
    DUCT_AIR = "duct_air"
    APPLIANCE = "appliance"
    WATER = "water"
    SURFACE = "surface"
    ELECTRONICS = "electronics"
    GROUP = "group"
    PART = "part"
    METER = "meter"
    FAR_OFF = "far_off"


# A word in capitals after small letters begins anew: `currentTemperature`.
_CAMEL_CASE: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")


def _plain(text: str) -> str:
    """Return a text in lower case, without diacritics, its words separated by spaces."""
    bare = text
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L"))
        bare = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return _SEPARATORS.sub(" ", _CAMEL_CASE.sub(" ", bare).casefold()).strip()


def _names(listed: str) -> frozenset[str]:
    """Return the parts of a list that is separated by commas."""
    return frozenset(" ".join(name.split()) for name in listed.split(","))


class _Words:
    """Finds the beginnings of words; a `=` at the end stands for the end of the word."""

    def __init__(self, stems: str) -> None:
        for name in _names(stems):
            of_word = _STEMS.setdefault(name.rstrip("=")[:BEGINNING], [])
            of_word.append((f" {name}".replace("=", " "), self))

    def found_in(self, texts: Iterable[str | None]) -> bool:
        """Return whether any of the texts contains one of the words."""
        return any(self in _lists_in(text) for text in texts if text)


# The stems of all lists by their first letters, with their lists: most of them are ruled out at
# once, and a name is looked at only once for all lists.
BEGINNING: Final = 2
_STEMS: Final[dict[str, list[tuple[str, _Words]]]] = {}
_NOTHING: Final[frozenset[_Words]] = frozenset()


@lru_cache(maxsize=16384)
def _lists_in(text: str) -> frozenset[_Words]:
    """Return the lists of which a text contains a word."""
    plain = _plain(text)
    padded = f" {plain} "
    found = [
        words
        for beginning in {word[:BEGINNING] for word in plain.split()}
        for stem, words in _STEMS.get(beginning, ())
        if stem in padded
    ]
    # Most names say nothing: they share one set.
    return frozenset(found) if found else _NOTHING


# Settings and statistics of any quantity.
_SETTING: Final = _Words(
    """
    target, setpoint, set point, desired, limit, threshold, maximum=, minimum=, max temp, min
    temp, offset, calibration, hysteresis, preset, comfort temp, eco temp, requested, zadan,
    docelow, nastaw, prog=, progu=, soll, ziel, grenzwert, schwelle
    """
)
_DERIVED: Final = _Words(
    """
    dew point, dewpoint, dew=, feels like, heat index, humidex, apparent temp, wind chill,
    windchill, frost point, wet bulb, forecast, absolute humidity, difference, delta,
    perceived, punkt rosy, rosy=, rosa=, odczuwaln, prognoz, roznica, taupunkt, gefuhlte,
    vorhersage, differenz
    """
)
_OUTDOOR: Final = _Words(
    """
    outside, outdoor, exterior, external temp, ambient outdoor, weather, zewn, na dworze, na
    zewnatrz, pogod, aussen, outdoors, draussen, wetter
    """
)
_DUCT: Final = _Words(
    """
    supply, exhaust, extract, intake, inlet, outlet, fresh air, discharge, return air, return
    temp, flow temp, flow=, evaporat, condens, coil, refrigerant, suction, nawiew, wywiew,
    czerpni, wyrzutni, zasilani, powrot, zuluft, abluft, fortluft, vorlauf, rucklauf
    """
)
_APPLIANCE: Final = _Words(
    """
    fridge, refrigerator, freezer, nozzle, hotend, hot end, extruder, heatbed, bed temp, print
    bed, oven, grill, smoker, bbq, meat, food, cooler, wine, fermenter, kettle, stove, sauna
    heater, engine, exhaust gas, flue, chimney, burner, printer, lodowk, zamrazark,
    chlodziark, dysz, stol roboczy, piekarnik, piekarnika, piec=, kociol, kotla, spalin,
    kuhlschrank, gefrier, duse, druckbett, backofen, kessel, abgas
    """
)
_WATER: Final = _Words(
    """
    water, boiler, tank, pool, aquarium, pond, dhw, cylinder, buffer, hot tub, jacuzzi, spa=,
    woda, wody, wodn, cwu, cwu=, bojler, zbiornik, basen, akwarium, bufor, zasobnik, wasser,
    speicher, becken
    """
)
_SURFACE: Final = _Words(
    """
    floor temp, floor sensor, floor heating, underfloor, erdreich, erdtemp, erdsonde, slab,
    surface, probe, soil, ground temp, pipe, wall temp, radiator temp, collector, roof, leaf,
    podlog, sond, gleb, grunt, rur=, rura, rury, kolektor, powierzchni, boden, fuhler, rohr,
    kollektor
    """
)
_ELECTRONICS: Final = _Words(
    """
    cpu, gpu, chip, processor, procesor, soc temp, die temp, core temp, core=, board, internal
    temp, device temp, disk, drive, hdd, ssd, nvme, battery, bateri, akumulator, akku,
    inverter, transformer, mosfet, module temp, heatsink, system temp, wewnetrzna urzadzenia,
    temperatura urzadzenia, prozessor, gerat, wechselrichter
    """
)
_STOREY: Final = re.compile(
    r"\b(?:\d+\w*|ground|first|second|third|fourth|upper|lower|top|main|middle) floor\b"
)
# Also on a device that is in a room or named after one.
_NEVER_AIR: Final = (
    (LeftOut.SETTING, _SETTING),
    (LeftOut.DERIVED, _DERIVED),
    (LeftOut.DUCT_AIR, _DUCT),
)
_NO_AIR: Final = (
    (LeftOut.OUTDOOR_AIR, _OUTDOOR),
    (LeftOut.APPLIANCE, _APPLIANCE),
    (LeftOut.WATER, _WATER),
    (LeftOut.SURFACE, _SURFACE),
    (LeftOut.ELECTRONICS, _ELECTRONICS),
)
# Kinds that a device is by its own name or model, whatever its sensors are called.
_NO_AIR_DEVICE: Final = (
    (LeftOut.APPLIANCE, _APPLIANCE),
    (LeftOut.WATER, _WATER),
    (
        LeftOut.ELECTRONICS,
        _Words("cpu, nas=, server, synology, router, switch port, ups=, proxmox"),
    ),
)
# What a sensor of the room is called on a device that is something else (a fridge that also
# measures the kitchen), or a device in a room that is named after something else (boiler room).
_ROOM: Final = _Words(
    """
    room, indoor, inside, ambient=, interior, pokoj, pokoju, pomieszczen, wewnatrz, wewnetrzn,
    raum, innen, zimmer
    """
)
_AIR_QUANTITIES: Final = frozenset({"temperature", "humidity"})


def no_air_of_the_room(
    quantity: str, entity: Iterable[str | None], device: Iterable[str | None]
) -> LeftOut | None:
    """Return why a sensor does not measure the air of its room; None if it may do so.

    `entity`: its translation key and name. `device`: the name and the model of its device. Values
    other than temperature and humidity are left out only as settings.
    """
    own = _lists_in_any(_without_storeys(text) for text in entity if text)
    if quantity not in _AIR_QUANTITIES:
        return LeftOut.SETTING if _SETTING in own else None
    if found := _first_of(_NEVER_AIR, own):
        return found
    of_room, of_device = _by_device(tuple(text for text in device if text))
    if of_room or _ROOM in own:
        return None
    return _first_of(_NO_AIR, own) or of_device


@lru_cache(maxsize=4096)
def _by_device(texts: tuple[str, ...]) -> tuple[bool, LeftOut | None]:
    """Return whether a device is named after the room, and what it measures by its name."""
    own = _lists_in_any(texts)
    return _ROOM in own, _first_of(_NO_AIR_DEVICE, own)


def _lists_in_any(texts: Iterable[str]) -> frozenset[_Words]:
    found = _NOTHING
    for text in texts:
        if own := _lists_in(text):
            found |= own
    return found


def _first_of(table: Iterable[tuple[LeftOut, _Words]], found: Collection[_Words]) -> LeftOut | None:
    return next((reason for reason, words in table if words in found), None)


def _without_storeys(text: str) -> str:
    """Drop the names of storeys: the first floor is no floor heating."""
    return _STOREY.sub(" ", _plain(text)) if "floor" in text.casefold() else text


_TOTAL: Final = _Words("total, sum=, suma, laczn, calkowit, gesamt, all=, overall")
_PHASE: Final = _Words(
    """
    phase, faza, fazy, l1=, l2=, l3=, a=, b=, c=, channel, kanal, socket, outlet, gniazd,
    port, circuit, obwod, steckdose
    """
)


def is_total(texts: Iterable[str | None]) -> bool:
    """Return whether a meter is named as the total of others of its device."""
    return _TOTAL.found_in(texts)


def is_phase(texts: Iterable[str | None]) -> bool:
    """Return whether a meter is named as a phase or channel of its device."""
    return _PHASE.found_in(texts)


_NO_LEVEL: Final = _Words(
    """
    health, soh, limit, target, reserve, minimum, maximum, threshold, setpoint, cycles,
    kondycj, zdrowi, rezerw, prog=, docelow, zadan, gesundheit, ziel, grenze, reserviert
    """
)
_CHARGING: Final = _Words(
    """
    charging, charger, charge state, charge status, charging state, is charging, ladowani,
    ladowark, laden=, ladung, ladestatus
    """
)


def is_no_battery_level(texts: Iterable[str | None]) -> bool:
    """Return whether a battery value is a setting or the health of a battery, not its level."""
    return _NO_LEVEL.found_in(texts)


def tells_charging(texts: Iterable[str | None]) -> bool:
    """Return whether a sensor is named as the charging state of a battery."""
    return _CHARGING.found_in(texts)


# Integrations and devices whose batteries people charge as a matter of course.
_CHARGED_BY_ITS_OWNER: Final = _names(
    """
    mobile_app, icloud, icloud3, fully_kiosk, tesla, tesla_fleet, teslemetry, tessie, renault,
    bmw_connected_drive, volvo, mazda, subaru, myskoda, audiconnect, volkswagencarnet,
    kia_uvo, mbapi2020, polestar_api, fordpass, roborock, roomba, ecovacs, dreame_vacuum,
    neato, sharkiq, tuya_vacuum, husqvarna_automower, husqvarna_automower_ble, landroid_cloud,
    mammotion, oralb, garmin_connect, fitbit, withings, steam_deck, wallbox, easee
    """
)
_CHARGED: Final = _Words(
    """
    phone, iphone, smartphone, ipad, tablet, laptop, notebook, macbook, thinkpad, chromebook,
    kindle, watch=, smartwatch, vacuum, roomba, roborock, deebot, lawn mower, lawnmower,
    mower, automower, toothbrush, earbuds, airpods, headphones, headset, e bike, ebike,
    scooter, electric car, powerwall, telefon, komputer, odkurzacz, kosiark, szczoteczk,
    sluchawki, hulajnog, samochod, handy, staubsauger, saugroboter, mahroboter, kopfhorer,
    elektroauto
    """
)


def is_charged_by_its_owner(integration: str | None, texts: Iterable[str | None]) -> bool:
    """Return whether a device is a phone, car, vacuum or the like, which is charged regularly."""
    return integration in _CHARGED_BY_ITS_OWNER or _CHARGED.found_in(texts)


_RAIN: Final = _Words(
    """
    rain, precipitation, drizzle, snow, weather, hydreon, deszcz, opad, snieg, pogod, regen,
    niederschlag, schnee, wetter, leaf wetness
    """
)
_WARNINGS: Final = _names(
    """
    meteoalarm, meteoalarmeu, dwd_weather_warnings, nws_alerts, weatheralerts, nina,
    meteo_france, environment_canada, met_eireann, met_no, imgw_pib, burze_dzis_net,
    geosphere_austria_warnings, weather, accuweather, bom, willyweather, meteo_lt, aemet,
    smhi, kachelmannwetter, rso, fire_danger, gdacs, usgs_earthquakes_feed, ign_sismologia,
    blitzortung, pollenprognos
    """
)
_WARNING: Final = _Words(
    """
    weather, meteo, storm, thunder, lightning, hail, wind warning, heat warning, frost
    warning, flood warning, ostrzezeni, burz, pogod, wichur, unwetter, wetter, sturm, gewitter
    """
)

_LEAK: Final = _Words("leak, flood, tank, barrel, wyciek, zalan, zbiornik, leck, tonne")


def is_rain(texts: Iterable[str | None]) -> bool:
    """Return whether a moisture sensor tells of rain or snow, not of a leak.

    A leak sensor that somebody called a rain sensor is one; that of a rainwater tank is none.
    """
    return any(_RAIN.found_in((text,)) and not _LEAK.found_in((text,)) for text in texts)


def is_public_warning(integration: str | None, texts: Iterable[str | None]) -> bool:
    """Return whether a safety sensor repeats a warning for a region: news, no fault of a home."""
    return integration in _WARNINGS or _WARNING.found_in(texts)


_MAY_BE_OFF_INTEGRATIONS: Final = _names(
    """
    solaredge, solaredge_local, solaredge_modbus, enphase_envoy, fronius, sma, growatt_server,
    goodwe, huawei_solar, solax, solax_modbus, solis_modbus, hoymiles_wifi, opendtu,
    apsystems, kostal_plenticore, webostv, samsungtv, braviatv, philips_js, vizio, androidtv,
    androidtv_remote, panasonic_viera, hisense_tv, playstation, playstation_network, ps4,
    xbox, nintendo_switch, steam_online, bambu_lab, octoprint, prusalink, moonraker, ipp,
    brother, epson, mobile_app, wake_on_lan, system_bridge, hass_agent
    """
)
_MAY_BE_OFF: Final = _Words(
    """
    inverter, solar, photovolt, pv=, microinverter, washing machine, washer, dishwasher,
    dryer, tumble, television, tv=, projector, beamer, soundbar, receiver, playstation, xbox,
    nintendo, printer, laptop, notebook, macbook, desktop pc, gaming pc, christmas, xmas,
    falownik, inwerter, fotowolt, pralka, pralki, zmywark, suszark, telewizor, projektor,
    drukark, komputer, choinka, wechselrichter, waschmaschine, geschirrspul, trockner,
    fernseher, drucker, weihnacht
    """
)


def may_be_off(integration: str | None, texts: Iterable[str | None]) -> bool:
    """Return whether a device sleeps by day or is switched off as a matter of course."""
    return integration in _MAY_BE_OFF_INTEGRATIONS or _MAY_BE_OFF.found_in(texts)


_OUTDOOR_PLACE: Final = _Words(
    """
    garden, backyard, front yard, frontyard, yard, courtyard, porch, terrace, patio, balcony,
    deck=, driveway, outdoor, outside, lawn, carport, veranda, pergola, gate=, street,
    orchard, pool area, poolside, ogrod, podworko, podworze, dziedziniec, weranda, taras,
    balkon, podjazd, na zewnatrz, zewnetrz, trawnik, brama=, sad=, altan, ganek, dzialka,
    garten, hof=, innenhof, vorgarten, terrasse, einfahrt, auffahrt, aussen, draussen, loggia,
    rasen, vordach
    """
)

# A garden room is a room.
_ROOM_NAME: Final = _Words("room, office, pokoj, zimmer")


def is_outdoor_place(texts: Iterable[str | None]) -> bool:
    """Return whether the name, an alias or a label of an area says that it is outdoors."""
    return any(
        _OUTDOOR_PLACE.found_in((text,)) and not _ROOM_NAME.found_in((text,)) for text in texts
    )
