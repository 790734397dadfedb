"""Readings from files, on a real disk."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
import os
from pathlib import Path

from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.health import file_import
from custom_components.digital_twin.engine.health.file_import import Progress, async_import_file
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.metrics.person import PERSON, Person

from .common import NOW, async_load, async_person, by_day, reading, stopwatch
from .test_statistics import async_rows


@pytest.fixture
async def anna(registry: TwinRegistry) -> Person:
    return await async_person(registry)


@pytest.fixture
def file(hass: HomeAssistant, tmp_path: Path) -> Path:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return tmp_path / "readings.csv"


def write(file: Path, lines: Iterable[str]) -> str:
    file.write_text("\n".join(lines), encoding="utf-8")
    return str(file)


async def test_a_file_is_taken_over_once(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, file: Path
) -> None:
    path = write(
        file,
        [
            "date,weight,steps",
            "2026-03-18,70,8000",
            "2026-03-17,71,9000",
            "2026-03-16,x,",
            "2026-03-19,69.5,",
        ],
    )
    for changed in (5, 0):
        report = await async_import_file(hass, registry, anna.person_id, path)
        assert (report.read, report.refused, report.days, report.older_days) == (5, 1, changed, 0)
        assert [(each.line, each.fault.key) for each in report.problems] == [(4, "wrong_type")]
    again = await async_load(hass)
    assert by_day(again, anna.person_id, "weight") == {"03-17": 71, "03-18": 70, "03-19": 69.5}
    assert by_day(again, anna.person_id, "steps") == {"03-17": 9000, "03-18": 8000}
    latest = again.persons[anna.person_id].health_metrics
    assert (latest["weight"].value, latest["weight"].source) == (69.5, "import")


async def test_newer_readings_stay(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, file: Path
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 68)])
    path = write(file, ["date,weight", "2026-03-18,70"])
    report = await async_import_file(hass, registry, anna.person_id, path, source="old scale")
    assert report.days == 1
    assert registry.persons[anna.person_id].health_metrics["weight"].value == 68


async def test_days_of_long_ago_go_into_the_statistics(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    file: Path,
) -> None:
    path = write(
        file,
        [
            "metric,value,measured_at",
            "weight,80,2020-07-01T08:00",
            "weight,81,2020-07-01T20:00",
            "hydration,250,2020-01-01T08:00",
            "hydration,250,2020-01-01T09:00",
            "hydration,250,2020-01-01T09:00",
            "weight,70,2026-03-18T08:00",
        ],
    )
    for changed in (1, 0):
        report = await async_import_file(hass, registry, anna.person_id, path)
        assert (report.read, report.days, report.older_days) == (6, changed, 2)
        assert await async_rows(hass, anna, "weight") == {"2020-07-01T19": 81}
        assert await async_rows(hass, anna, "hydration") == {"2020-01-01T20": 500}
    assert by_day(registry, anna.person_id, "weight") == {"03-18": 70}
    jan = await async_person(registry, name="Jan", health_entities=False)
    report = await async_import_file(hass, registry, jan.person_id, path)
    assert report.older_days == 0
    assert await async_rows(hass, jan, "weight") == {}


async def test_who_chooses_privacy_meanwhile_is_in_no_statistics(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    file: Path,
) -> None:
    path = write(file, ["date,weight", "2020-07-01,80", "2026-03-18,70"])
    importing = hass.async_create_task(async_import_file(hass, registry, anna.person_id, path))
    await registry.async_update(PERSON, anna.person_id, {"health_entities": False})
    assert (await importing).older_days == 0
    assert await async_rows(hass, anna, "weight") == {}


async def test_of_very_many_problems_the_first_are_told(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, file: Path
) -> None:
    path = write(file, ["date,weight", *("never,70" for _ in range(250))])
    report = await async_import_file(hass, registry, anna.person_id, path)
    assert (report.refused, [each.line for each in report.problems]) == (250, [*range(2, 102)])


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
async def test_what_is_no_plain_file_is_not_opened(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    file: Path,
    make: Callable[[Path], None],
) -> None:
    make(file)
    with pytest.raises(TwinError, match="unreadable_file"):
        await async_import_file(hass, registry, anna.person_id, str(file))


async def test_a_link_leads_nowhere_else(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, file: Path
) -> None:
    hass.config.allowlist_external_dirs = {str(file.parent / "allowed")}
    (file.parent / "allowed").mkdir()
    link = file.parent / "allowed" / "link.csv"
    link.symlink_to(write(file, ["date,weight", "2026-03-18,70"]))
    with pytest.raises(TwinError, match="path_not_allowed"):
        await async_import_file(hass, registry, anna.person_id, str(link))


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("../outside.csv", b"date,weight\n", "path_not_allowed"),
        ("missing.csv", None, "unreadable_file"),
        ("binary.csv", b"\xff\xfe\x00\x81\x00", "unreadable_file"),
        ("strange.csv", b"colour\nred", "unknown_columns"),
        ("large.csv", b"x" * 2000, "too_long"),
    ],
)
async def test_what_cannot_be_read_is_refused_whole(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes | None,
    key: str,
) -> None:
    monkeypatch.setattr(file_import, "MAX_BYTES", 1000)
    path = file.parent / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TwinError) as caught:
        await async_import_file(hass, registry, anna.person_id, str(path))
    assert (caught.value.key, caught.value.faults[0].field) == (key, "path")
    assert registry.persons[anna.person_id] == anna


async def test_nobody_is_imported_into_nobody(
    hass: HomeAssistant, registry: TwinRegistry, file: Path
) -> None:
    with pytest.raises(TwinError):
        await async_import_file(hass, registry, "nobody", str(file))


def many() -> Iterable[str]:
    yield "metric,value,measured_at"
    for number in range(100_000):
        measured_at = NOW - timedelta(minutes=10 * number)
        if number % 1000 == 7:
            yield "weight,?,never"
        elif number % 2:
            yield f"heart_rate,{60 + number % 40},{measured_at.isoformat()}"
        else:
            yield f"hydration,{number % 300},{measured_at.isoformat()}"


async def test_a_hundred_thousand_readings_finish_with_progress_and_again_change_nothing(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    file: Path,
) -> None:
    path = write(file, many())
    told: list[Progress] = []
    started = stopwatch()
    first, second = [
        await async_import_file(hass, registry, anna.person_id, path, tell=told.append)
        for _ in range(2)
    ]
    await hass.async_block_till_done()
    assert stopwatch() - started < 60
    assert (first.read, first.refused) == (99_900, 100)
    assert len(first.problems) == 100
    # Nearly two years: the twin keeps 400 days of each of the two metrics.
    assert first.days == 800
    assert first.older_days == 2 * 295
    assert (second.days, second.older_days) == (0, first.older_days)
    once = told[: len(told) // 2]
    assert [*once, *once] == told
    assert len(once) > 50
    for part in ("read", "refused", "kept"):
        counts = [getattr(progress, part) for progress in once]
        assert counts == sorted(counts)
    recent = 2 * 400 * 72
    assert recent - 144 < once[-1].kept <= recent
    assert once[-1] == Progress(read=99_900, refused=100, kept=once[-1].kept)


async def test_the_statistics_of_many_years_are_written_with_pauses_until_somebody_is_private(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_import, "STEP", 3)
    days = [NOW.date() - timedelta(days=500 + number) for number in range(12)]
    path = write(file, ["date,weight", *(f"{day},70" for day in days)])
    written: list[int] = []
    pauses: list[int] = []

    def write_days(*arguments: object) -> None:
        values = arguments[-1]
        assert isinstance(values, dict)
        written.append(len(values))
        hass.loop.call_soon(pause)

    def pause() -> None:
        pauses.append(len(written))
        if len(written) == 3:
            private = replace(registry.persons[anna.person_id], health_entities=False)
            monkeypatch.setattr(
                type(registry), "persons", property(lambda _self: {anna.person_id: private})
            )

    monkeypatch.setattr(file_import, "async_write_days", write_days)
    await async_import_file(hass, registry, anna.person_id, path)
    assert (written, pauses) == ([3, 3, 3], [1, 2, 3])
