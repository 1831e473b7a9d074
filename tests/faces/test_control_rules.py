"""Rules: which calls they choose, how often, in which order, and how they are listed."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.controlled import Controlled, controlling

FAIL = {"action": "fault", "number": 104}


async def codes(server: Controlled, *skus: object, path: str = "product_media.list") -> list[Any]:
    """The code of the fault of a call for each product, None for a success."""
    answers = [await server.ask(path, sku) for sku in skus]
    return [answer["error"]["code"] if "error" in answer else None for answer in answers]


async def counters(server: Controlled, rule_id: str = "1") -> tuple[int, int]:
    """How many calls a rule matched, and to how many it was applied."""
    rule = await server.control("GET", f"/faults/{rule_id}")
    return rule["matched"], rule["applied"]


@pytest.mark.parametrize(
    ("method", "failing"),
    [
        ("product_media.list", ["list"]),
        ("product_media.*", ["list", "info", "types"]),
        ("*.i*", ["info"]),
        ("product_media.????", ["list", "info"]),
        ("*", ["list", "info", "types"]),
        ("login", []),
        ("list", []),
    ],
)
async def test_a_method_chooses(controlled: Controlled, method: str, failing: list[str]) -> None:
    file = await controlled.create()
    await controlled.inject(**FAIL, method=method)

    found = []
    calls: dict[str, list[Any]] = {"list": [1], "info": [1, file], "types": [4]}
    for name, arguments in calls.items():
        answer = await controlled.ask(f"catalog_product_attribute_media.{name}", *arguments)
        found += [name] if "error" in answer else []

    assert found == failing


async def test_a_sku_chooses(controlled: Controlled) -> None:
    await controlled.inject(**FAIL, sku="product1")

    assert await codes(controlled, "product1", "product2", "PRODUCT1 ", 1, ["product1"]) == [
        *(104, None, 104, None),
        101,
    ]
    assert await counters(controlled) == (2, 2)


async def test_a_product_id_chooses_as_it_is_given(controlled: Controlled) -> None:
    await controlled.inject(**FAIL, sku="1")

    assert await codes(controlled, 1, "1", "product1") == [104, 104, None]


async def test_the_nth_call_is_chosen_alone(controlled: Controlled) -> None:
    await controlled.inject(**FAIL, nth=3, sku="product1")

    assert await codes(controlled, *["product1", "product2"] * 5) == [
        *(None, None, None, None),
        104,
        *(None, None, None, None, None),
    ]
    assert await counters(controlled) == (5, 1)


async def test_as_many_calls_as_are_asked_for(controlled: Controlled) -> None:
    await controlled.inject(**FAIL, times=2)

    assert await codes(controlled, *["product1"] * 4) == [104, 104, None, None]


async def test_so_many_from_the_nth_on(controlled: Controlled) -> None:
    await controlled.inject(**FAIL, nth=2, times=2)

    assert await codes(controlled, *["product1"] * 5) == [None, 104, 104, None, None]


@pytest.mark.parametrize(("chance", "least", "most"), [(0, 0, 0), (0.5, 20, 80), (1, 100, 100)])
async def test_chance(controlled: Controlled, chance: float, least: int, most: int) -> None:
    await controlled.inject(**FAIL, chance=chance, seed=11)

    failed = (await codes(controlled, *[1] * 100)).count(104)

    assert least <= failed <= most
    assert await counters(controlled) == (100, failed)


async def test_the_seed_of_a_rule_makes_chance_come_again(controlled: Controlled) -> None:
    runs = []
    for seed in (1, 1, 2):
        await controlled.inject(**FAIL, chance=0.5, seed=seed)
        runs.append(await codes(controlled, *[1] * 40))
        await controlled.control("DELETE", "/faults")

    assert runs[0] == runs[1] != runs[2]


async def test_the_seed_of_the_server_makes_chance_come_again(tmp_path: Path) -> None:
    runs = []
    for number, seed in enumerate((1, 1, 2)):
        async with controlling(tmp_path / str(number), seed=seed) as server:
            await server.inject(**FAIL, chance=0.5)
            runs.append(await codes(server, *[1] * 40))
            await server.control("POST", "/reset", {"scope": "all"})
            await server.inject(**FAIL, chance=0.5)
            assert await codes(server, *[1] * 40) == runs[-1]

    assert runs[0] == runs[1] != runs[2]


async def test_the_first_rule_that_decides_the_answer_counts(controlled: Controlled) -> None:
    await controlled.inject(action="delay", milliseconds=0)
    await controlled.inject(action="fault", number=104, times=1)
    await controlled.inject(action="fault", number=105, times=1)

    assert await codes(controlled, *["product1"] * 3) == [104, 105, None]
    assert [await counters(controlled, rule_id) for rule_id in "123"] == [(3, 3), (3, 1), (3, 1)]


async def test_rules_are_listed_as_they_were_given(controlled: Controlled) -> None:
    every_member = {
        "method": "product_media.*",
        "sku": "product1",
        "nth": 2,
        "chance": 0.5,
        "times": 3,
        "when": "after",
        "seed": 4,
    }
    rules: list[dict[str, Any]] = [
        {"action": "fault", "number": 104, "message": "Full.", **every_member},
        {"action": "status", "status": 503, "message": "Busy.", **every_member},
        {
            "action": "delay",
            "milliseconds": 5.0,
            "spread": 1.0,
            "distribution": "normal",
            **every_member,
        },
        {"action": "drop", **every_member},
        {"action": "truncate", "after_bytes": 3, **every_member},
    ]
    given = [await controlled.control("POST", "/faults", rule) for rule in rules]

    assert [rule["rule"] for rule in given] == rules
    assert [rule["id"] for rule in given] == ["1", "2", "3", "4", "5"]
    assert await controlled.control("GET", "/faults") == {"faults": given}
    assert await controlled.control("GET", "/faults/3") == given[2]


async def test_a_rule_is_taken_away(controlled: Controlled) -> None:
    first = await controlled.inject(action="fault", number=104)
    await controlled.inject(action="fault", number=105)

    await controlled.control("DELETE", f"/faults/{first}")
    assert await codes(controlled, "product1") == [105]
    await controlled.control("DELETE", "/faults")

    assert await codes(controlled, "product1") == [None]
    assert await controlled.control("GET", "/faults") == {"faults": []}
    assert await controlled.inject(action="drop", method="absent") == "3"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_rule_that_is_not_there_is_said(controlled: Controlled, method: str) -> None:
    assert await controlled.refusal(method, "/faults/7") == (
        404,
        "There is no fault '7'; GET /faults lists them.",
    )


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({}, "action"),
        ({"action": "explode"}, "explode"),
        ({"action": "fault"}, "number"),
        ({"action": "fault", "number": 42}, "42"),
        ({"action": "fault", "number": "104"}, "$.number"),
        ({"action": "status", "status": 42}, "$.status"),
        ({"action": "status", "status": 600}, "$.status"),
        ({"action": "delay"}, "milliseconds"),
        ({"action": "delay", "milliseconds": -1}, "$.milliseconds"),
        ({"action": "delay", "milliseconds": 1, "spread": -1}, "$.spread"),
        ({"action": "delay", "milliseconds": 1, "distribution": "odd"}, "$.distribution"),
        ({"action": "truncate", "after_bytes": -1}, "$.after_bytes"),
        ({"action": "drop", "nth": 0}, "$.nth"),
        ({"action": "drop", "times": 0}, "$.times"),
        ({"action": "drop", "chance": 1.1}, "$.chance"),
        ({"action": "drop", "when": "during"}, "$.when"),
        ({"action": "drop", "status": 503}, "status"),
        ([], "object"),
    ],
    ids=str,
)
async def test_what_is_no_rule_is_refused(controlled: Controlled, rule: Any, place: str) -> None:
    status, text = await controlled.refusal("POST", "/faults", rule)

    assert (status, place in text) == (400, True), text
    assert await controlled.control("GET", "/faults") == {"faults": []}
