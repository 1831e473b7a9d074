"""Clients of other languages: a script reads JSON, runs one session, and writes what it saw."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent

_PHP_SPEAKS_SOAP = shutil.which("php") is not None and not subprocess.call(
    ["php", "-r", "exit(class_exists('SoapClient') ? 0 : 1);"]
)

needs_php = pytest.mark.skipif(
    not _PHP_SPEAKS_SOAP,
    reason="PHP or its SOAP client is missing; scripts/services installs it",
)


async def run_script(given: dict[str, Any], *command: str | Path) -> Any:
    """What a script wrote; fails with its complaint if it did not come to its end."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaint = await process.communicate(json.dumps(given).encode())
    assert process.returncode == 0, f"{complaint.decode()}\n{output.decode()}"
    return json.loads(output)
