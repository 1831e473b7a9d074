"""Who gets at the control face: off by default, on a port of its own, behind a token."""

from pathlib import Path

import aiohttp
import pytest

from rpcmedia.faces.control.routes import ROUTES
from tests.cli.process import CATALOG, Running, run, serve
from tests.support.controlled import Controlled, controlling

PATHS = sorted(
    {(r.method, r.path.format(name="a", id="1")) for r in ROUTES} | {("GET", "/openapi.json")}
)
TOKEN = "a-token-for-this-test"


async def ask(url: str, token: str | None, method: str = "GET", path: str = "/clock") -> int:
    """The status of an answer of a control face."""
    headers = {} if token is None else {"Authorization": token}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, url + path, headers=headers) as answer,
    ):
        if answer.status == 401:
            assert list(await answer.json()) == ["error"]
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        return answer.status


@pytest.mark.parametrize(("method", "path"), [*PATHS, ("GET", "/"), ("GET", "/absent")])
async def test_nothing_answers_without_the_token(
    controlled: Controlled, method: str, path: str
) -> None:
    file = await controlled.create()
    for token in (None, "", "Bearer", "Bearer wrong", f"Basic {controlled.token}"):
        assert await ask(controlled.control_url, token, method, path) == 401
    assert await controlled.files() == [file]


@pytest.mark.parametrize(
    "token",
    ["{}x", "x{}", "{} x", "{0}{0}", "ä", "\u00ff" * 32],
)
async def test_a_token_that_is_nearly_right_is_wrong(controlled: Controlled, token: str) -> None:
    given = f"Bearer {token.format(controlled.token)}"

    assert await ask(controlled.control_url, given) == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
async def test_the_token_opens_it(controlled: Controlled, scheme: str) -> None:
    assert await ask(controlled.control_url, f"{scheme} {controlled.token}") == 200


async def test_a_random_token_is_long_and_differs(tmp_path: Path) -> None:
    async with controlling(tmp_path / "a") as one, controlling(tmp_path / "b") as other:
        assert one.token != other.token
        assert len(one.token) >= 32
        assert await ask(one.control_url, f"Bearer {other.token}") == 401


async def test_it_has_a_port_of_its_own(controlled: Controlled) -> None:
    token = f"Bearer {controlled.token}"

    assert controlled.control_url != controlled.url
    assert await ask(controlled.url, token) == 404
    assert await ask(controlled.control_url, token, "POST", "/api/jsonrpc") == 404


async def test_what_is_not_there_and_what_is_not_allowed(controlled: Controlled) -> None:
    hint = "GET /openapi.json tells what is here."

    assert await controlled.refusal("GET", "/absent") == (404, f"Not Found; {hint}")
    assert await controlled.refusal("PATCH", "/clock", {}) == (405, f"Method Not Allowed; {hint}")


async def test_a_huge_body_is_refused(controlled: Controlled) -> None:
    status, _ = await controlled.refusal("POST", "/faults", {"action": "x" * 100_000})

    assert status == 413


@pytest.mark.parametrize("path", ["/clock?frozen=1", "/snapshots?name=a", "/openapi.json?a=1"])
async def test_a_query_that_means_nothing(controlled: Controlled, path: str) -> None:
    expected = 200 if path.startswith("/openapi") else 400

    assert (await controlled.ask_control("GET", path))[0] == expected


def line_of(server: Running) -> str:
    """The line that says where the control face is."""
    [line] = [line for line in server.lines if line.startswith("Control at ")]
    return line


async def test_serve_prints_where_it_is_and_the_token() -> None:
    async with serve("--ephemeral", "--catalog", CATALOG, "--control") as server:
        words = line_of(server).split()
        assert words[:2] == ["Control", "at"]
        assert words[2].startswith("http://127.0.0.1:")
        assert words[3] == "(token"

        assert await ask(words[2], f"Bearer {words[4].removesuffix(')')}") == 200


async def test_a_token_that_is_given_is_not_printed() -> None:
    settings = {"RPCMEDIA_CONTROL_TOKEN": TOKEN}
    async with serve("--ephemeral", "--catalog", CATALOG, "--control", env=settings) as server:
        url = line_of(server).split()[2]
        assert await ask(url, f"Bearer {TOKEN}") == 200
        outcome = await server.stop()

    assert TOKEN not in outcome.out + outcome.err


async def test_an_empty_token_is_none() -> None:
    settings = ("--ephemeral", "--catalog", CATALOG, "--control", "--control-token", "")
    async with serve(*settings) as server:
        assert "(token " in line_of(server)
        assert await ask(line_of(server).split()[2], "Bearer ") == 401


def ports_of(server: Running) -> int:
    """How many ports a process listens on."""
    process = Path("/proc") / str(server.process.pid)
    listening = {
        f"socket:[{fields[9]}]"
        for fields in map(str.split, (process / "net" / "tcp").read_text().splitlines()[1:])
        if fields[3] == "0A"
    }
    return len(listening & {str(link.readlink()) for link in (process / "fd").iterdir()})


@pytest.mark.parametrize(("options", "ports"), [(["--control"], 2), ([], 1)])
async def test_it_is_off_by_default(options: list[str], ports: int) -> None:
    async with serve("--ephemeral", "--catalog", CATALOG, *options) as server:
        assert ports_of(server) == ports
        assert len([line for line in server.lines if "ontrol" in line]) == ports - 1


async def test_its_port_can_be_chosen(controlled: Controlled) -> None:
    taken = controlled.control_url.rpartition(":")[2]

    outcome = await run(
        *("serve", "--ephemeral", "--port", 0, "--catalog", CATALOG),
        *("--control", "--control-port", taken),
    )

    assert "in use" in outcome.refused()


async def test_settings_show_no_token() -> None:
    outcome = await run("settings", "--control-token", TOKEN, "--control")

    assert outcome.code == 0
    assert TOKEN not in outcome.out
    assert "***" in outcome.out
