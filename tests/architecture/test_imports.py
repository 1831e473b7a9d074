"""Calls only go down: which part may import which, and which library has which door."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "rpcmedia"

ALLOWED = {
    "cli": {"cli", "settings", "wiring", "logs", "tapes"},
    "tapes": {"tapes"},
    "wiring": {
        "wiring",
        "settings",
        "faces",
        "operations",
        "gallery",
        "stores",
        "transfer",
        "tapes",
    },
    "faces": {
        "faces.api_methods",
        "faces.bodies",
        "faces.content_coding",
        "faces.http",
        "faces.limits",
        "faces.reference_values",
        "faces.xml_reader",
        "faces.xml_text",
        "faces.telemetry",
        "operations",
        "gallery",
    },
    "operations": {"operations", "gallery"},
    "gallery": {"gallery"},
    "stores": {
        "stores",
        "gallery.model",
        "gallery.ports",
        "gallery.file_names",
        "operations.ports",
    },
    "transfer": {"transfer", "gallery"},
    "testing": {
        "control_client",
        "gallery.ports",
        "logs",
        "settings",
        "tapes",
        "testing_workers",
        "transfer",
        "wiring",
    },
    "testing_workers": {"logs", "settings", "wiring"},
    "control_client": set(),
    "pytest_plugin": {"testing"},
    "settings": set(),
    "logs": set(),
    "__main__": {"cli"},
}

DOORS = {
    "PIL": {"gallery.pictures"},
    "aiosqlite": {"stores.sqlite_database"},
    "marshmallow": {"operations.arguments"},
    "pybase64": {"operations.arguments"},
    "jsonrpcserver": {"faces.jsonrpc.methods"},
    "oslash": {"faces.jsonrpc.methods"},
    "click": {"cli"},
    "rich": {"cli"},
    "yaml": {"tapes.cassette"},
    "junitparser": {"tapes.junit_report"},
    "jsonpath": {"tapes.json_paths"},
    "deepdiff": {"tapes.meaning"},
    "defusedxml": {"faces.xml_reader", "tapes.xml_logins", "tapes.xml_meaning"},
    "oauthlib": {"faces.rest.signed_requests"},
    "argon2": {"operations.keys"},
    "prometheus_client": {"faces.telemetry"},
    "msgspec": {
        "faces.control.bodies",
        "faces.jsonrpc.wire",
        "faces.rest.reading",
        "transfer.catalog_file",
        "tapes",
    },
}

MODULES = sorted(ROOT.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def names_used(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    name = module_name(path)
    ours = [i.removeprefix("rpcmedia.") for i in imports(path) if i.startswith("rpcmedia.")]
    allowed = {"__version__"} | ALLOWED.get(name.split(".")[0], set())
    if name.startswith("faces."):
        # A face may use its own folder and what all faces share, never another face.
        allowed.add(".".join(name.split(".")[:2]))

    forbidden = [i for i in ours if not any(is_below(i, part) for part in allowed)]

    assert not forbidden


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library: str) -> None:
    users = {
        module_name(path)
        for path in MODULES
        if any(is_below(imported, library) for imported in imports(path))
    }

    assert users
    assert {user for user in users if not any(is_below(user, d) for d in DOORS[library])} == set()
    assert {d for d in DOORS[library] if not any(is_below(user, d) for user in users)} == set()


def test_the_environment_is_read_by_the_command_line_alone() -> None:
    readers = {module_name(path) for path in MODULES if "environ" in names_used(path)}

    # prometheus-client takes the folder of its counters from there alone.
    assert readers <= {"cli", "faces.telemetry"}


def test_files_stay_readable() -> None:
    long = {module_name(p): n for p in MODULES if (n := len(p.read_text().splitlines())) > 350}

    assert not long
