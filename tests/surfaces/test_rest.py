"""The REST API, asked as a client asks it; every answer is judged by the description."""

import asyncio
import gzip
import json
import re
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)

from custom_components.digital_twin.engine.core.feed import Change, Origin, Topic
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.surfaces.errors import MAX_BODY
from custom_components.digital_twin.surfaces.openapi import MAX_LEVELS
from custom_components.digital_twin.twin.goals.lineage import LINEAGE_PARTS
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, no_space, runtime

from .conftest import ANNAS_WEIGHT, API, JANS_GOAL, Api

UNKNOWN = "90000000-0000-4000-8000-000000000009"
MERGE_PATCH = "application/merge-patch+json"


def _faults(problem: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault["field"], fault["key"]) for fault in problem["errors"]]


# Reading.


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/persons", ["Anna", "Jan"]),
        ("/homes", ["Home"]),
        ("/goals", ["Lose weight", "Read"]),
        ("/goals?status=active", ["Lose weight"]),
        ("/goals?goal_code=g02&status=Planning", ["Read"]),
        ("/persons?health_entities=false", ["Anna"]),
        ("/persons?date_of_birth=19900203", ["Anna"]),
        ("/persons?contact_email=null", ["Jan"]),
        ("/goals?last_updated=2026-03-02T13:00:00%2B01:00", ["Lose weight", "Read"]),
        ("/goals?progress=null", ["Read"]),
    ],
)
async def test_lists_are_filtered(api: Api, path: str, names: list[str]) -> None:
    assert [twin["name"] for twin in await api.ok("GET", path)] == names


async def test_a_projection_is_what_was_asked_for(api: Api) -> None:
    assert await api.ok("GET", "/goals?fields=name,pace&owner_person_id=" + JAN) == [
        {"goal_id": JANS_GOAL, "name": "Read", "pace": "not_started"}
    ]
    assert await api.ok("GET", "/homes?fields=") == [{"home_id": HOME_ID}]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/goals?colour=red", [("colour", "unknown_field")]),
        ("/goals?fields=name,colour", [("colour", "unknown_field")]),
        ("/goals?status=Active&status=Planning", [("status", "given_twice")]),
        ("/goals?status=Maybe", [("status", "not_an_option")]),
        ("/goals?name=a%00", [("name", "unprintable")]),
        ("/goals?target_date=soon", [("target_date", "invalid_date")]),
        ("/goals?name=" + "a" * 256, [("name", "too_long")]),
        ("/goals/G01?fields=name", [("fields", "unknown_parameter")]),
        ("/goals/G01?at=soon", [("at", "invalid_time")]),
        ("/goals/G01?at=0", [("at", "wrong_type_whole_number")]),
        ("/goals/G01?at=2026-03-03", [("at", "in_future")]),
        ("/goals/G01?at=2026-03-02T13:00:01%2B01:00", [("at", "in_future")]),
        ("/goals/G01?at=2026-02-20", [("at", "before_journal")]),
        ("/goals/G01?at=7", [("at", "unknown_revision")]),
        ("/openapi.json?a=1", [("a", "unknown_parameter")]),
        ("/changes?a=1", [("a", "unknown_parameter")]),
        ("/changes?kind=robot", [("kind", "not_an_option")]),
        ("/changes?since=soon", [("since", "invalid_time")]),
        ("/changes?since=2026-03-03", [("since", "in_future")]),
        ("/changes?since=2026-03-01&until=2026-02-01", [("until", "period_reversed")]),
        (f"/persons/{ANNA}/readings", [("metric", "required_field")]),
        (f"/persons/{ANNA}/readings?metric=wait", [("metric", "unknown_metric")]),
        (f"/persons/{ANNA}/readings?metric=weight&from=x", [("from", "invalid_date_private")]),
    ],
)
async def test_parameters_that_mean_nothing_are_refused(
    api: Api, path: str, expected: list[tuple[str, str]]
) -> None:
    found = [(field, key.removesuffix("_private")) for field, key in expected]
    problem = await api.problem(400, "GET", path)
    assert [(field, key.removesuffix("_private")) for field, key in _faults(problem)] == found
    allowed = problem["errors"][0].get("allowed")
    assert bool(allowed) is (
        expected[0][1].startswith(("unknown_p", "unknown_f", "unknown_m", "not_an"))
    )


@pytest.mark.parametrize("path", [f"/goals/{GOAL_ID}", "/goals/G01", "/goals/g01"])
async def test_a_goal_is_found_by_id_and_code(api: Api, path: str) -> None:
    answer = await api.call("admin", "GET", path)
    document = await answer.json()
    assert document["goal_id"] == GOAL_ID
    assert answer.headers["ETag"].startswith(f'"{document["revision"]}-')
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    "path",
    [
        f"/persons/{UNKNOWN}",
        "/goals/G99",
        f"/homes/{ANNA}",
        f"/persons/{UNKNOWN}/readings",
        f"/changes?id={UNKNOWN}",
        "/changes?id=G01&kind=home",
    ],
)
async def test_what_is_not_there_is_a_404(api: Api, path: str) -> None:
    parameters = "?metric=weight" if path.endswith("readings") else ""
    assert _faults(await api.problem(404, "GET", path + parameters)) == [("id", "not_found")]


async def test_a_code_may_have_a_slash(api: Api) -> None:
    await api.ok("POST", "/goals", json={"name": "Swim", "goal_code": "2026/1"})
    answer = await api.client.get(
        f"{API}/goals/2026%2F1", headers={"Authorization": f"Bearer {api.tokens['admin']}"}
    )
    assert (await answer.json())["name"] == "Swim"


@pytest.mark.parametrize(
    "path",
    [
        "/persons",
        "/goals/G01",
        f"/persons/{ANNA}/readings?metric=weight",
        "/openapi.json",
        "/goals/G99",
    ],
)
async def test_head_is_get_without_the_body(api: Api, path: str) -> None:
    get, head = [await api.call("admin", method, path) for method in ("GET", "HEAD")]
    assert await head.read() == b""
    assert head.status == get.status
    for name in ("Content-Type", "Vary", "ETag"):
        assert head.headers.get(name) == get.headers.get(name)


async def test_a_document_that_is_known_is_not_sent_again(api: Api) -> None:
    answer = await api.call("admin", "GET", "/goals/G01")
    etag = answer.headers["ETag"]
    for known in (etag, f'"other", W/{etag}', "*", '"1"'):
        again = await api.call("admin", "GET", "/goals/G01", headers={"If-None-Match": known})
        assert (again.status, await again.read()) == (304, b"")
        assert (again.headers["ETag"], again.headers["Vary"]) == (etag, "Accept")
    await api.ok("PATCH", "/goals/G01", json={"name": "Run"})
    changed = await api.call("admin", "GET", "/goals/G01", headers={"If-None-Match": etag})
    assert changed.status == 200


async def test_derived_values_have_another_tag(api: Api, freezer: FrozenDateTimeFactory) -> None:
    etag = (await api.call("admin", "GET", f"/persons/{ANNA}")).headers["ETag"]
    late = {"metric": "weight", "value": 72, "measured_at": "2026-02-20T08:00:00Z"}
    await api.ok("POST", f"/persons/{ANNA}/readings", json=late)
    again = await api.call("admin", "GET", f"/persons/{ANNA}", headers={"If-None-Match": etag})
    # The record is the same, what is known of the weight is not.
    if (await again.read()) == b"":
        pytest.fail("a late reading was not seen")
    assert again.headers["ETag"].partition("-")[0] == etag.partition("-")[0]


async def test_what_changed_is_told_with_the_latest_first(
    api: Api, freezer: FrozenDateTimeFactory
) -> None:
    for day, user in (("06-30", "admin"), ("08-31", "anna"), ("09-30", "anna")):
        freezer.tick(60)
        body = {"target_date": f"2026-{day}", "milestones": [{"name": day, "date": "2026-05-01"}]}
        await api.call(user, "PATCH", "/goals/G01", json=body)
    await api.ok("POST", f"/persons/{ANNA}/readings", json={"metric": "weight", "value": 71})
    answer = await api.ok("GET", "/changes?since=2026-03-02T13:00:30&id=g01")
    dates = [each for each in answer["changes"] if each["field"] == "target_date"]
    assert [(each["by"], each["before"], each["after"]) for each in dates] == [
        ("Anna", "2026-06-30", "2026-09-30")
    ]
    assert dates[0]["text"] == "G01: target date 30 June → 30 September (2 changes), by Anna"
    everything = await api.ok("GET", "/changes?since=2026-03-01")
    assert {each["kind"] for each in everything["changes"]} == {"home", "person", "goal"}
    assert everything["known_since"] == "2026-03-02T12:00:00+00:00"
    assert everything["since"] == "2026-02-28T23:00:00+00:00"


def _without_lineage(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without what is known of the present only."""
    left_out = {*LINEAGE_PARTS, "critical_path", "slip"}
    return {name: each for name, each in document.items() if name not in left_out}


async def test_a_twin_is_read_as_it_was(api: Api, freezer: FrozenDateTimeFactory) -> None:
    first = _without_lineage(await api.ok("GET", "/goals/G01"))
    for day in ("06-30", "08-31", "09-30"):
        freezer.tick(60)
        await api.ok("PATCH", "/goals/G01", json={"target_date": f"2026-{day}", "name": day})
    freezer.tick(60)
    path = "/goals/G01?at=2026-03-02T13:02:30"
    then = await api.ok("GET", path)
    assert (then["name"], then["revision"]) == ("08-31", 3)
    assert then["at"] == "2026-03-02T12:02:30+00:00"
    unknown = {name for name, level in then["exactness"].items() if level != "exact"}
    assert unknown == {"critical_path", "slip"}
    assert first.items() <= (await api.ok("GET", "/goals/G01?at=1")).items()
    assert (await api.ok("GET", "/goals/G01?at=2"))["at"] == "2026-03-02T12:01:00+00:00"
    assert (await api.ok("GET", "/goals/G01?at=2026-03-02"))["name"] == "09-30"
    answer = await api.call("admin", "GET", path, headers={"Accept": "text/markdown"})
    assert answer.content_type == "application/json"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert (await api.call("admin", "GET", path, headers=known)).status == 304


async def test_a_deleted_twin_is_read_as_it_was(api: Api, freezer: FrozenDateTimeFactory) -> None:
    freezer.tick(60)
    new = {"name": "Swim", "goal_code": "G07"}
    swim = _without_lineage(await api.ok("POST", "/goals", json=new))
    freezer.tick(60)
    await api.ok("DELETE", "/goals/G07")
    freezer.tick(60)
    assert swim.items() <= (await api.ok("GET", "/goals/G07?at=2026-03-02T13:01:30")).items()
    assert _faults(await api.problem(404, "GET", "/goals/G07")) == [("id", "not_found")]
    found = list[str]()
    for time, key in (("02:30", "deleted_then"), ("00:30", "not_there_yet")):
        problem = await api.problem(400, "GET", f"/goals/G07?at=2026-03-02T13:{time}")
        assert _faults(problem) == [("at", key)]
        found.append(re.findall(r"2026-\S+\+01:00", problem["detail"])[-1])
    assert found == ["2026-03-02T13:02:30+01:00", "2026-03-02T13:01:00+01:00"]
    other = await api.problem(404, "GET", f"/goals/{UNKNOWN}?at=1")
    assert _faults(other) == [("id", "not_found")]


# Writing.


@pytest.mark.parametrize(
    ("kinds", "body", "name"),
    [
        ("persons", {"name": "Ola", "timezone": "Europe/Paris"}, "person"),
        ("homes", {"name": "Cabin", "residents": [JAN]}, "home"),
        ("goals", {"name": "Swim", "status": "active", "owner_person_id": JAN}, "goal"),
    ],
)
async def test_a_new_twin_has_a_location_and_a_tag(
    api: Api, kinds: str, body: dict[str, Any], name: str
) -> None:
    answer = await api.call("admin", "POST", f"/{kinds}", json=body)
    document = await answer.json()
    assert answer.status == 201
    assert answer.headers["Location"] == f"{API}/{kinds}/{document[f'{name}_id']}"
    path = answer.headers["Location"].removeprefix(API)
    present = await api.call("admin", "GET", path)
    # A new home is observed a moment later.
    fields = KINDS[name].fields if kinds == "homes" else document
    found = await present.json()
    assert {field: found[field] for field in fields} == {each: document[each] for each in fields}
    assert kinds == "homes" or present.headers["ETag"] == answer.headers["ETag"]


async def test_a_write_is_there_for_the_next_reader(api: Api) -> None:
    for number in range(2, 6):
        await api.ok("PATCH", f"/homes/{HOME_ID}", json={"name": f"Home {number}"})
        present = await api.ok("GET", f"/homes/{HOME_ID}")
        assert (present["revision"], present["name"]) == (number, f"Home {number}")


@pytest.mark.parametrize("content_type", ["application/json", MERGE_PATCH, f"{MERGE_PATCH}; a=b"])
async def test_a_merge_patch_keeps_what_it_does_not_name(api: Api, content_type: str) -> None:
    body = json.dumps({"gender": "female", "contact_email": None})
    answer = await api.call(
        "admin", "PATCH", f"/persons/{ANNA}", data=body, headers={"Content-Type": content_type}
    )
    document = await answer.json()
    assert (document["gender"], document["contact_email"]) == ("Female", None)
    assert (document["date_of_birth"], document["revision"]) == ("1990-02-03", 2)


async def test_an_equal_patch_is_a_success_with_the_same_tag(api: Api) -> None:
    before = (await api.call("admin", "GET", "/goals/G01")).headers["ETag"]
    patch_ = {"status": "active", "target_date": "2026-06-30"}
    answer = await api.call(
        "admin", "PATCH", "/goals/G01", json=patch_, headers={"If-Match": before}
    )
    assert (answer.status, answer.headers["ETag"]) == (200, before)


async def test_of_two_writers_with_one_tag_one_has_to_read_again(api: Api) -> None:
    etag = (await api.call("admin", "GET", "/goals/G01")).headers["ETag"]
    answers = await asyncio.gather(
        *(
            api.call("admin", "PATCH", "/goals/G01", json=body, headers={"If-Match": etag})
            for body in ({"name": "Run"}, {"description": "Every day"})
        )
    )
    assert sorted(answer.status for answer in answers) == [200, 412]
    present = await api.ok("GET", "/goals/G01")
    assert (present["name"] == "Run") is not (present["description"] == "Every day")
    assert present["revision"] == 2


@pytest.mark.parametrize("tag", ['"7-0123456789ab"', '"7"', "7", 'W/"1"', '"x"', '"", "2"'])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_tag_of_another_revision_is_a_412(api: Api, method: str, tag: str) -> None:
    body = {"json": {"name": "Run"}} if method == "PATCH" else {}
    problem = await api.problem(412, method, "/goals/G02", headers={"If-Match": tag}, **body)
    assert _faults(problem) == [("If-Match", "stale")]
    assert (await api.ok("GET", "/goals/G02"))["name"] == "Read"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_who_may_not_write_does_not_hear_which_revision_there_is(
    api: Api, method: str
) -> None:
    body = {"json": {"name": "Books"}} if method == "PATCH" else {}
    headers = {"If-Match": '"99"'}
    answer = await api.call("anna", method, "/goals/G02", headers=headers, **body)
    assert answer.status == 403
    assert (await answer.json())["errors"][0]["field"] == "id"


@pytest.mark.parametrize("tag", ["*", '"1"', '"9", "1-0123456789ab"'])
async def test_a_tag_of_the_present_revision_is_a_success(api: Api, tag: str) -> None:
    await api.ok("PATCH", "/goals/G02", json={"name": "Books"}, headers={"If-Match": tag})


async def test_a_twin_that_others_need_is_deleted_by_force_only(api: Api) -> None:
    problem = await api.problem(409, "DELETE", f"/persons/{ANNA}")
    assert _faults(problem) == [("person_id", "in_use")]
    assert await api.ok("DELETE", f"/persons/{ANNA}?force=true") == {
        "person_id": ANNA,
        "unlinked": [{"kind": "goal", "twin_id": GOAL_ID, "field": "owner_person_id"}],
    }
    await api.problem(404, "GET", f"/persons/{ANNA}")
    await api.problem(404, "DELETE", f"/persons/{ANNA}")


async def test_force_is_true_or_false(api: Api) -> None:
    problem = await api.problem(400, "DELETE", "/goals/G02?force=yes")
    assert _faults(problem) == [("force", "wrong_type_truth")]
    assert await api.ok("DELETE", "/goals/g02?force=false") == {
        "goal_id": JANS_GOAL,
        "unlinked": [],
    }


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {}, [("name", "required_field")]),
        (400, {"name": "A", "colour": 1}, [("colour", "unknown_field")]),
        (400, {"name": "A", "revision": 2}, [("revision", "read_only_field")]),
        (
            400,
            {"name": 5, "gender": "x"},
            [("name", "wrong_type_text"), ("gender", "not_an_option")],
        ),
        (400, [], [("body", "wrong_type_object")]),
        (400, "Anna", [("body", "wrong_type_object")]),
        (
            409,
            {"name": "A", "contact_email": "ANNA@example.com"},
            [("contact_email", "duplicate_private")],
        ),
        (400, {"name": "A\x00"}, [("body", "unprintable")]),
        (400, {"name": "A", "preferences": {"\x00": 1}}, [("body", "unprintable")]),
    ],
)
async def test_each_field_at_fault_is_named(
    api: Api, status: int, body: object, expected: list[tuple[str, str]]
) -> None:
    problem = await api.problem(status, "POST", "/persons", json=body)
    assert _faults(problem) == expected
    assert problem["title"]
    assert problem["detail"] == problem["errors"][0]["message"]


@pytest.mark.parametrize(
    ("data", "headers", "status", "key"),
    [
        (b"{", {}, 400, "invalid_json"),
        (b"", {}, 400, "invalid_json"),
        (b'{"a": NaN}', {}, 400, "invalid_json"),
        (b'"\xff"', {}, 400, "invalid_json"),
        (b'{"name": "\\ud800"}', {}, 400, "invalid_json"),
        (b"[" * 100_000, {}, 400, "invalid_json"),
        (b"[" * (MAX_LEVELS + 1) + b"]" * (MAX_LEVELS + 1), {}, 400, "too_deep"),
        (b'{"name": "A"}', {"Content-Type": "text/plain"}, 415, "content_type"),
        (b"name=A", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "content_type"),
        (
            b'{"name": "A"}',
            {"Content-Type": "application/json; charset=latin-1"},
            415,
            "content_type",
        ),
        (b'{"name": "A"}', {"Content-Type": MERGE_PATCH}, 415, "content_type"),
        (b" " * (MAX_BODY + 1), {}, 413, "body_too_large"),
        (b"{}", {"Content-Encoding": "gzip"}, 400, "invalid_json"),
        (
            gzip.compress(b" " * (MAX_BODY * 8)),
            {"Content-Encoding": "gzip"},
            413,
            "body_too_large",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_body_that_cannot_be_read_is_refused_quietly(
    api: Api,
    caplog: pytest.LogCaptureFixture,
    data: bytes,
    headers: dict[str, str],
    status: int,
    key: str,
) -> None:
    caplog.clear()
    problem = await api.problem(
        status,
        "POST",
        "/goals",
        data=data,
        headers={"Content-Type": "application/json", **headers},
    )
    assert _faults(problem) == [("body", key)]
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/goals", "GET,HEAD,POST"),
        ("DELETE", "/persons", "GET,HEAD,POST"),
        ("POST", "/goals/G01", "DELETE,GET,HEAD,PATCH"),
        ("PUT", "/goals/G01", "DELETE,GET,HEAD,PATCH"),
        ("PATCH", f"/persons/{ANNA}/readings", "GET,HEAD,POST"),
        ("GET", "/query", "POST"),
        ("POST", "/openapi.json", "GET,HEAD"),
    ],
)
async def test_another_method_is_told_which_are_allowed(
    api: Api, method: str, path: str, allow: str
) -> None:
    answer = await api.call("admin", method, path)
    # OPTIONS is for the origins that Home Assistant lets in.
    allowed = set(answer.headers["Allow"].split(",")) - {"OPTIONS"}
    assert (answer.status, allowed) == (405, set(allow.split(",")))


async def test_a_change_says_that_it_came_by_rest(api: Api, api_entry: MockConfigEntry) -> None:
    seen: list[Change] = []
    runtime(api_entry).feed.subscribe([Topic("home", HOME_ID, "name")], seen.extend)
    await api.ok("PATCH", f"/homes/{HOME_ID}", json={"name": "Flat"})
    assert [change.cause.origin for change in seen] == [Origin.REST]


async def test_a_disk_that_refuses_is_a_problem(api: Api) -> None:
    with no_space():
        problem = await api.problem(500, "PATCH", f"/homes/{HOME_ID}", json={"name": "Flat"})
    assert "errors" not in problem
    assert (await api.ok("GET", f"/homes/{HOME_ID}"))["name"] == "Home"


async def test_without_a_loaded_entry_there_is_no_service(
    hass: HomeAssistant, api: Api, api_entry: MockConfigEntry
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        assert await hass.config_entries.async_unload(api_entry.entry_id)
        for method, path in (("GET", "/goals"), ("HEAD", "/homes"), ("POST", "/query")):
            answer = await api.call("admin", method, path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert await hass.config_entries.async_setup(api_entry.entry_id)
    await api.ok("GET", "/goals")


async def test_problems_are_in_the_language_of_the_household(hass: HomeAssistant, api: Api) -> None:
    english = await api.problem(404, "GET", "/goals/G99")
    hass.config.language = "pl"
    answer = await api.call("admin", "GET", "/goals/G99")
    polish = await answer.json()
    assert answer.headers["Content-Language"] == "pl"
    assert _faults(polish) == _faults(english)
    assert polish["title"] != english["title"]
    assert polish["detail"] != english["detail"]


# Readings.


async def test_one_reading_is_recorded(api: Api) -> None:
    reading = {"metric": "weight", "value": 158, "unit": "lb", "source": "scale"}
    answer = await api.ok("POST", f"/persons/{JAN}/readings", json=reading)
    assert answer["changed"] is True
    assert answer["readings"]["weight"]["value"] == pytest.approx(71.67, abs=0.01)


async def test_a_reading_moves_the_goal_that_follows_it(api: Api) -> None:
    answer = await api.ok(
        "POST", f"/persons/{ANNA}/readings", json=[{"metric": "weight", "value": 75}]
    )
    assert [(goal["goal_code"], goal["progress"]) for goal in answer["goals"]] == [("G01", 50)]


async def test_a_batch_that_is_sent_twice_says_that_nothing_changed(api: Api) -> None:
    batch = [
        {
            "metric": "steps",
            "value": 100 + number,
            "measured_at": f"2026-03-01T{number // 60:02}:{number % 60:02}:00Z",
            "source": "phone",
        }
        for number in range(1000)
    ]
    first = await api.ok("POST", f"/persons/{JAN}/readings", json=batch)
    present = await api.ok("GET", f"/persons/{JAN}")
    second = await api.ok("POST", f"/persons/{JAN}/readings", json=batch)
    assert (first["changed"], second["changed"]) == (True, False)
    assert await api.ok("GET", f"/persons/{JAN}") == present


async def test_a_batch_names_its_faults_by_index(api: Api) -> None:
    batch = [{"metric": "weight", "value": 71}, {"metric": "weight", "value": 7000}, 3]
    problem = await api.problem(400, "POST", f"/persons/{JAN}/readings", json=batch)
    assert _faults(problem) == [
        ("[1].value", "out_of_range_unit_private"),
        ("[2]", "wrong_type_object_private"),
    ]
    assert (await api.ok("GET", f"/persons/{JAN}"))["health_metrics"] == {}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"metric": "weight"}, [("value", "required_field")]),
        ({"metric": "weight", "value": 7000}, [("value", "out_of_range_unit_private")]),
        (5, [("body", "wrong_type_object_private")]),
        ([], [("body", "required_field")]),
        ([{"metric": "mood", "value": 5}] * 1001, [("body", "too_long")]),
    ],
)
async def test_a_reading_that_is_none_is_refused(
    api: Api, body: object, expected: list[tuple[str, str]]
) -> None:
    problem = await api.problem(400, "POST", f"/persons/{JAN}/readings", json=body)
    assert _faults(problem) == expected


async def test_the_history_has_a_value_for_each_day(api: Api) -> None:
    path = f"/persons/{ANNA}/readings?metric=weight&from=2026-02-01&to=2026-03-02"
    assert await api.ok("GET", path) == {
        "person_id": ANNA,
        "metric": "weight",
        "unit": "kg",
        "days": [
            {
                "day": "2026-03-01",
                "value": 71.375,
                "measured_at": "2026-03-01T08:00:00+00:00",
                "source": "scale",
            }
        ],
    }


# Queries.


async def test_a_query_is_answered(api: Api) -> None:
    query = {"expression": "persons[].name"}
    assert await api.ok("POST", "/query", json=query) == {"result": ["Anna", "Jan"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"expression": "goals["}, "expression"),
        ({"expression": 5}, "expression"),
        ({}, "expression"),
        ({"expression": "goals", "a": 1}, "a"),
    ],
)
async def test_a_query_that_is_none_is_refused(api: Api, body: dict[str, Any], field: str) -> None:
    problem = await api.problem(400, "POST", "/query", json=body)
    assert problem["errors"][0]["field"] == field


# What is private.


# Of an administrator, Anna, Jan, a user who may only read, and without a token.
@pytest.mark.parametrize("accept", ["application/json", "text/markdown"])
@pytest.mark.parametrize("user", ["jan", "reader", "guest"])
async def test_private_values_reach_nobody_else(api: Api, user: str, accept: str) -> None:
    headers = {"Accept": accept}
    said = ""
    paths = ("/persons", "/homes", "/goals", f"/persons/{ANNA}", "/goals/G01", "/goals/G02")
    for path in (*paths, "/changes?since=2026-01-01"):
        said += await (await api.call(user, "GET", path, headers=headers)).text()
    for filtered in ("progress=86.25", "name=Lose%20weight"):
        said += await (await api.call(user, "GET", f"/goals?{filtered}", headers=headers)).text()
    answer = await api.call(user, "POST", "/query", json={"expression": "@"})
    said += await answer.text()
    for private in (str(ANNAS_WEIGHT), "71.4", "anna@example.com", "1990-02-03"):
        assert private not in said
    assert "Lose weight" in said


async def test_the_owner_sees_them(api: Api) -> None:
    said = await (await api.call("anna", "GET", "/goals/G01")).text()
    said += await (await api.call("anna", "GET", f"/persons/{ANNA}")).text()
    assert said.count(str(ANNAS_WEIGHT)) > 2


async def test_no_error_has_a_private_value(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    said = ""
    for method, path, body in (
        ("POST", f"/persons/{ANNA}/readings", {"metric": "weight", "value": 7123.5}),
        ("POST", f"/persons/{ANNA}/readings", [{"metric": "weight", "value": "7123.5"}]),
        ("PATCH", f"/persons/{ANNA}", {"date_of_birth": "7123.5"}),
        ("PATCH", f"/persons/{ANNA}", {"contact_email": "7123.5"}),
        ("GET", "/persons?bmi=7123.5x", None),
        ("GET", "/persons?date_of_birth=7123.5", None),
    ):
        said += str(await api.problem(400, method, path, **({"json": body} if body else {})))
    assert "7123.5" not in said + caplog.text


async def test_an_export_is_a_file_to_download(api: Api) -> None:
    for query, name, is_synthetic in (
        ("", "digital_twin_goal.json", False),
        ("?synthetic=true&seed=two", "digital_twin_goal_synthetic.json", True),
    ):
        answer = await api.call("admin", "GET", f"/goals/G01/export{query}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert (await answer.json())["synthetic"] is is_synthetic
    await api.problem(400, "GET", "/goals/G01/export?synthetic=1")
    await api.problem(404, "GET", "/goals/G77/export")
