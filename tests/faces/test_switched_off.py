"""Faces that are switched off, each and together: the others answer as before."""

from itertools import chain, combinations
from pathlib import Path

import pytest

from rpcmedia.settings import Settings
from rpcmedia.wiring import FACE_NAMES
from rpcmedia.wiring.servers import ready_line
from tests.support.server import serving

PROBES = {
    "jsonrpc": ("/api/jsonrpc", "/api.php?type=jsonrpc", "/index.php/api/jsonrpc/"),
    "soap": (
        "/api/soap",
        "/api/v2_soap",
        "/api/soap?wsdl",
        "/api.php?type=v2_soap",
        "/index.php/api",
    ),
    "rest": ("/api/rest/products/1/images", "/oauth/initiate", "/oauth/authorize", "/oauth/token"),
    "xmlrpc": ("/api/xmlrpc", "/api.php?type=xmlrpc", "/index.php/api/xmlrpc/"),
}
CHOICES = list(chain(*(combinations(PROBES, count) for count in range(len(PROBES) + 1))))


def test_every_face_is_tried() -> None:
    assert set(PROBES) == set(FACE_NAMES)


@pytest.mark.parametrize("off", CHOICES, ids="-".join)
async def test_only_faces_that_are_switched_off_have_no_address(
    tmp_path: Path, off: tuple[str, ...]
) -> None:
    async with serving(tmp_path, no_faces=off) as server:
        for face, paths in PROBES.items():
            for path in paths:
                async with server.http.get(server.url + path) as answer:
                    assert (answer.status == 404) == (face in off), path
        async with server.http.get(server.url + "/healthz") as answer:
            assert answer.status == 200


@pytest.mark.parametrize("off", CHOICES, ids="-".join)
async def test_half_an_address_is_soap_or_names_what_there_is(
    tmp_path: Path, off: tuple[str, ...]
) -> None:
    async with serving(tmp_path, no_faces=off) as server:
        async with server.http.get(server.url + "/api/") as answer:
            status, text = answer.status, await answer.text()
        if "soap" not in off:
            assert (status, "Invalid XML" in text) == (500, True)
            return
        assert status == 404
        for face in ("jsonrpc", "xmlrpc"):
            assert (f"/api.php?type={face}" in text) == (face not in off)
        assert ("There are" in text) == (not {"jsonrpc", "xmlrpc"} <= {*off})


def test_a_server_does_not_announce_an_endpoint_that_it_does_not_have() -> None:
    assert ready_line(Settings(), "http://a") == "Ready at http://a/api/jsonrpc"
    assert ready_line(Settings(no_faces=("jsonrpc",)), "http://a") == "Ready at http://a"
