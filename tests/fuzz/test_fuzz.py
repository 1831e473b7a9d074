"""A short run of the fuzzer, and proof that it finds what it looks for."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.__main__ import keep, run
from tests.fuzz.answers import Answer, Secrets, judge, judge_log
from tests.fuzz.inputs import Input, make_input
from tests.fuzz.rounds import PROFILES, Client, Finding, Report, Target, run_round, target
from tests.support.ends import assert_cleans_up

SECRETS = Secrets(("/srv/data",), ("hidden-key",), {"own-key"})
JSON = {"content-type": "application/json; charset=utf-8"}
ASKED = Input("odd", b"POST /api/jsonrpc HTTP/1.1\r\n\r\n")
XML = {"content-type": "text/xml; charset=UTF-8"}
XMLRPC = Input("xmlrpc", b"POST /api/xmlrpc HTTP/1.1\r\n\r\n")
SOAP = Input("soap", b"POST /api/v2_soap HTTP/1.1\r\n\r\n")
SOAP_HEAD = Input("head", b"HEAD /api/soap HTTP/1.1\r\n\r\n")
REST = Input("rest", b"GET /api/rest/products/1/images HTTP/1.1\r\n\r\n")
MEDIA = Input("media", b"GET /media/catalog/product/a HTTP/1.1\r\n\r\n")
INTERNAL = b"Internal Error. Please see log for details."
SOAP_FAULT = (
    b"<e:Envelope xmlns:e='x'><e:Fault><faultstring>%s</faultstring></e:Fault></e:Envelope>"
)
XML_FAULT = b"<methodResponse><fault><value>%s</value></fault></methodResponse>"
ERROR = b'{"id":1,"error":{"code":1,"message":"%s"}}'


async def test_two_thousand_odd_inputs_find_nothing() -> None:
    # Always the same inputs: what fails here fails again. scripts/fuzz takes others each time.
    report = await run(seed=4, inputs=2000, show=lambda report: None)
    assert report.findings == []
    assert report.inputs == 2000
    # It reached what it is meant to reach.
    assert report.outcomes["result"] > 100
    assert {200, 400, 401, 403, 404, 405, 406} <= set(report.statuses)
    assert min(report.kinds[kind] for kind in ("xmlrpc", "soap", "rest")) > 100


def test_the_same_seed_makes_the_same_inputs() -> None:
    numbers = range(300)
    first = [make_input(1, number, "Basic x", "s" * 32) for number in numbers]
    assert first == [make_input(1, number, "Basic x", "s" * 32) for number in numbers]
    assert first != [make_input(2, number, "Basic x", "s" * 32) for number in numbers]


@pytest.mark.parametrize(
    ("sent", "status", "headers", "body"),
    [
        (ASKED, 500, JSON, b""),
        (ASKED, 404, JSON, b""),
        (ASKED, 200, {}, b"{}"),
        (ASKED, 200, JSON, b"{"),
        (ASKED, 200, JSON, b'{"id":NaN,"result":1}'),
        (ASKED, 200, JSON, b"[1]"),
        (ASKED, 200, JSON, b'{"id":1}'),
        (ASKED, 200, JSON, b'{"result":1}'),
        (ASKED, 200, JSON, b'{"id":1,"result":null,"error":{"code":1,"message":"x"}}'),
        (ASKED, 200, JSON, b'{"id":1,"error":"x"}'),
        (ASKED, 200, JSON, b'{"id":1,"error":{"code":1}}'),
        (ASKED, 200, JSON, ERROR % b"Internal Error. Please see log for details."),
        (ASKED, 200, JSON, ERROR % b"no file /srv/data/x"),
        (ASKED, 200, JSON, ERROR % b"hidden-key"),
        (ASKED, 200, JSON, ERROR % b"own-key"),
        (ASKED, 200, JSON, ERROR % b"Traceback (most recent call last)"),
        (XMLRPC, 404, XML, b"<a/>"),
        (XMLRPC, 200, JSON, b"<a/>"),
        (XMLRPC, 200, XML, b"<a>"),
        (XMLRPC, 200, XML, XML_FAULT % INTERNAL),
        (SOAP, 500, XML, b"Internal Server Error"),
        (SOAP, 500, XML, SOAP_FAULT % INTERNAL),
        (SOAP, 200, XML, SOAP_FAULT % b"hidden-key"),
        (SOAP_HEAD, 500, {"content-type": "text/plain; charset=utf-8"}, b""),
        (REST, 500, XML, SOAP_FAULT % b"no"),
        (MEDIA, 200, {"content-type": "image/png"}, b""),
        (MEDIA, 200, {"content-type": "text/html"}, b""),
        (MEDIA, 404, {"x": "/srv/data"}, b""),
    ],
)
def test_a_wrong_answer_is_found(
    sent: Input, status: int, headers: dict[str, str], body: bytes
) -> None:
    assert judge(sent, Answer(status, headers, body), SECRETS)


@pytest.mark.parametrize(
    ("sent", "status", "headers", "body"),
    [
        (ASKED, 200, JSON, b""),
        (ASKED, 200, JSON, b'{"id":"own-key","result":null}'),
        (ASKED, 200, JSON, b'{"id":1,"error":null,"result":1}'),
        (ASKED, 200, JSON, b"[" + ERROR % b"no" + b"]"),
        (XMLRPC, 200, XML, XML_FAULT % b"no"),
        (XMLRPC, 200, XML, b"<methodResponse><params>%s</params></methodResponse>" % INTERNAL),
        (SOAP, 500, XML, SOAP_FAULT % b"no"),
        (SOAP_HEAD, 500, XML, b""),
        (SOAP, 200, XML, b"<Envelope>%s</Envelope>" % INTERNAL),
        (MEDIA, 200, {"content-type": "image/png", "content-security-policy": "x"}, b""),
        (MEDIA, 404, {"content-type": "text/plain"}, b"Not Found"),
    ],
)
def test_a_right_answer_is_none(
    sent: Input, status: int, headers: dict[str, str], body: bytes
) -> None:
    assert judge(sent, Answer(status, headers, body), SECRETS) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "request failed"}',
        '{"event": "method failed"}',
        '{"event": "x", "exception": "y"}',
        '{"event": "hidden-key"}',
        '{"event": "own-key"}',
        "Traceback (most recent call last):",
    ],
)
def test_a_wrong_line_of_the_log_is_found(line: str) -> None:
    assert judge_log(f'{{"event": "fault"}}\n{line}\n', SECRETS)


def test_a_log_of_faults_is_right() -> None:
    assert judge_log('{"event": "fault"}\n{"event": "bad HTTP request"}\n', SECRETS) == []


class Cut(Client):
    """A client of a server that hangs up on everybody."""

    async def _connect(self) -> Any:
        reader, writer = await super()._connect()
        reader.feed_eof()
        return reader, writer


async def test_no_answer_is_found_with_what_was_sent() -> None:
    report = Report()
    async with target(PROFILES[0], report) as one:
        client = Cut(one)
        session = one.session.encode()
        await client.send(Input("right", b"GET / HTTP/1.1\r\nX: " + session + b"\r\n\r\n"), 7)
        await client.close()
    [finding] = report.findings
    assert (finding.profile, finding.number) == (PROFILES[0], 7)
    # The session is that of a server that is gone.
    assert finding.sent == Input("right", b"GET / HTTP/1.1\r\nX: @SESSION@\r\n\r\n")


async def test_a_server_that_dies_is_found_with_what_it_wrote() -> None:
    report = Report()
    async with target(PROFILES[0], report) as one:
        one.running.err += b"Traceback (most recent call last):\n"
        await one.running.kill()
        await run_round(one, seed=1, numbers=range(100))
    assert report.inputs == 0
    unwell, ended, written = (finding.what for finding in report.findings)
    assert unwell.startswith(
        "the server does not answer a call that is right: ClientConnectorError"
    )
    assert ended.startswith("the server ended with -9")
    assert written.startswith("a line that is no event: Traceback")


async def test_what_was_found_is_shown_though_the_run_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def find_and_break(one: Target, *_: Any) -> None:
        one.found("something")
        raise OSError("the run breaks")

    monkeypatch.setattr("tests.fuzz.__main__.run_round", find_and_break)
    shown: list[Finding] = []
    with pytest.raises(OSError, match="the run breaks"):
        await run(seed=1, inputs=1, show=lambda report: shown.extend(report.findings))
    assert [finding.what for finding in shown] == ["something"]


FUZZ = [sys.executable, "-m", "tests.fuzz"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--inputs", "-5"], "fuzz: --inputs -5 would send nothing; give 1 or more."),
        (
            ["--replay", "documented-odd-1-2.http"],
            "fuzz: cannot read documented-odd-1-2.http: No such file or directory.",
        ),
        (
            ["--replay", "other.http"],
            "fuzz: other.http is no finding; its name begins with a profile and a kind.",
        ),
        (["--findings", __file__], f"fuzz: {__file__} is no folder; --findings DIR needs one."),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(options: list[str], line: str) -> None:
    done = subprocess.run([*FUZZ, *options], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{line}\n")


async def test_a_finding_is_kept_in_the_folder_that_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "documented-odd-1-2.http"
    file.write_bytes(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    folder = tmp_path / "a" / "b"
    sent = Input("odd", file.read_bytes())
    keep(Finding("wrong", "documented", 2, sent), seed=1, folder=folder)
    assert (folder / file.name).read_bytes() == sent.raw
    assert str(folder / file.name) in capsys.readouterr().out


async def test_an_end_from_outside_leaves_nothing_behind(tmp_path: Path) -> None:
    await assert_cleans_up(tmp_path, "tests.fuzz", "--seed", "1")
