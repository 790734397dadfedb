"""Reports as Markdown, which a messenger shows as they are."""

from homeassistant.core import HomeAssistant
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.common import ANNA, HOME_ID, JAN

from .conftest import Api

MARKDOWN = "text/markdown"


async def _report(api: Api, path: str, accept: str = MARKDOWN, user: str = "admin") -> str:
    answer = await api.call(user, "GET", path, headers={"Accept": accept})
    assert (answer.content_type, answer.charset) == (MARKDOWN, "utf-8")
    assert answer.headers["Vary"] == "Accept"
    return await answer.text()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/markdown", MARKDOWN),
        ("TEXT/Markdown; charset=utf-8", MARKDOWN),
        ("text/markdown, */*", MARKDOWN),
        ("text/*, application/json;q=0.5", MARKDOWN),
        ("application/json;q=0.4, text/markdown;q=0.5", MARKDOWN),
        ("text/markdown;variant=x;q=0.9, application/json;q=0.8", MARKDOWN),
        ("application/json, text/markdown", "application/json"),
        ("text/markdown;q=0.5, application/json", "application/json"),
        ("text/markdown;q=0.5, */*", "application/json"),
        ("text/markdown;q=0, */*;q=0.1", "application/json"),
        ("*/*", "application/json"),
        ("text/html, image/png", "application/json"),
        ("text/markdown;q=x", MARKDOWN),
        ("", "application/json"),
    ],
)
async def test_the_better_of_two_types_is_sent(api: Api, accept: str, content_type: str) -> None:
    for path in ("/goals", "/goals/G01"):
        answer = await api.call("admin", "GET", path, headers={"Accept": accept})
        assert answer.content_type == content_type


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize(
    "path", ["/goals", "/persons", "/homes", "/goals/G01", f"/persons/{ANNA}", "/goals?name=x"]
)
async def test_reports(
    hass: HomeAssistant, api: Api, snapshot: SnapshotAssertion, path: str, language: str
) -> None:
    hass.config.language = language
    days = [f"2026-02-{day:02}T08:00:00Z" for day in range(1, 29)]
    readings = [
        {"metric": "steps", "value": 9000, "measured_at": days[19]},
        {"metric": "mood", "value": 7},
        *(
            {"metric": "resting_heart_rate", "value": 55 + number / 20, "measured_at": day}
            for number, day in enumerate(days)
        ),
        {"metric": "resting_heart_rate", "value": 80},
    ]
    await api.ok("POST", f"/persons/{ANNA}/readings", json=readings)
    assert (await _report(api, path)).splitlines() == snapshot


async def test_the_causes_of_a_status_are_told(hass: HomeAssistant, api: Api) -> None:
    assert "Everything works" in await _report(api, f"/homes/{HOME_ID}")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Context: Ill, from 2026-02-20 to 2026-03-05",
                (
                    "Paused from 2026-02-20 to 2026-03-05: plans of goals, standstill of goals,"
                    " alarms about unusual values, usual values"
                ),
                "Context: Renovation, since 2026-02-27",
                "Paused since 2026-02-27: alarms about devices",
                "Paused from 2026-02-20 to 2026-03-06: plans of goals, standstill of goals (Ill)",
            ],
        ),
        (
            "pl",
            [
                "Kontekst: Choroba, od 2026-02-20 do 2026-03-05",
                (
                    "Wstrzymane od 2026-02-20 do 2026-03-05: plany celów, ocena zastoju celów,"
                    " alarmy o nietypowych wartościach, zwykłe wartości"
                ),
                "Kontekst: Remont, od 2026-02-27",
                "Wstrzymane od 2026-02-27: alarmy o urządzeniach",
                (
                    "Wstrzymane od 2026-02-20 do 2026-03-06: plany celów,"
                    " ocena zastoju celów (Choroba)"
                ),
            ],
        ),
    ],
)
async def test_a_context_is_told_with_what_it_pauses_since_when(
    hass: HomeAssistant, api: Api, language: str, expected: list[str]
) -> None:
    hass.config.language = language
    ill = {"context": "ill", "context_since": "2026-02-20", "context_until": "2026-03-05"}
    await api.ok("PATCH", f"/persons/{ANNA}", json=ill)
    works = {"context": "renovation", "context_since": "2026-02-27T12:00:00Z"}
    await api.ok("PATCH", f"/homes/{HOME_ID}", json=works)
    paths = f"/persons/{ANNA}", f"/homes/{HOME_ID}", "/goals/G01"
    lines = [line for path in paths for line in (await _report(api, path)).splitlines()]
    told = [line.removeprefix("- ") for line in lines]
    assert [line for line in told if line in expected] == expected


async def test_others_are_not_told_why_the_goal_of_somebody_private_is_paused(api: Api) -> None:
    ill = {"context": "ill", "context_since": "2026-02-20", "health_entities": False}
    await api.ok("PATCH", f"/persons/{ANNA}", json=ill)
    report = await _report(api, "/goals/G01", user="jan")
    assert "Paused since 2026-02-20: plans of goals, standstill of goals\n" in report
    assert "Ill" not in report


async def test_names_cannot_be_markdown(api: Api) -> None:
    name = "[Click](http://example.com) <b>_now_</b> # *or* `never`"
    await api.ok("PATCH", f"/persons/{JAN}", json={"name": name})
    report = await _report(api, f"/persons/{JAN}")
    assert report.startswith("# \\[Click\\](http://example.com) \\<b\\>\\_now\\_\\</b\\>")


async def test_a_projection_leaves_lines_out(api: Api) -> None:
    whole = await _report(api, "/goals?goal_code=G01")
    part = await _report(api, "/goals?goal_code=G01&fields=name,target_date")
    assert "2026-06-30" in part
    assert len(part) < len(whole)


async def test_a_report_has_a_tag_of_its_own(api: Api) -> None:
    tags = []
    for accept in (MARKDOWN, "application/json"):
        answer = await api.call("admin", "GET", "/goals/G01", headers={"Accept": accept})
        tags.append(answer.headers["ETag"])
    assert tags[0] != tags[1]
    again = await api.call(
        "admin", "GET", "/goals/G01", headers={"Accept": MARKDOWN, "If-None-Match": tags[0]}
    )
    assert again.status == 304
