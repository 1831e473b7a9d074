"""`rpcmedia replay`: tapes against a server, and what differs."""

import contextlib
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import structlog

from rpcmedia import wiring
from rpcmedia.cli.options import CLEAN, COULD_NOT_RUN, FINDINGS, PATH, F, UserKey, config_option
from rpcmedia.cli.tape_catalog import NoCatalog, catalog_keys, catalog_path, with_keys
from rpcmedia.cli.threads import in_a_thread
from rpcmedia.logs import set_up_logs
from rpcmedia.settings import Settings
from rpcmedia.tapes.json_paths import PathRefused, Selection
from rpcmedia.tapes.replay import Options, Replay, Unreachable, missing_keys
from rpcmedia.tapes.report import Report, json_report
from rpcmedia.tapes.rewriting import rewriting
from rpcmedia.tapes.tape import TapeReader, TapeRefused


class CannotReplay(Exception):
    """Why a tape cannot be played, in one line."""


_CANNOT_PLAY = (CannotReplay, NoCatalog, wiring.CannotStart, TapeRefused, Unreachable, OSError)


@dataclass(frozen=True)
class Plan:
    """What the command line asks for."""

    readers: Sequence[TapeReader]
    against: str | None
    profile: str | None
    users: Mapping[str, str]
    options: Options
    update: bool


def _option(name: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    # With a prefix of its own: what a replay finds must not depend on what was set for a server.
    variable = "RPCMEDIA_REPLAY_" + name.removeprefix("--").upper()
    return click.option(name, *names, envvar=variable, show_envvar=True, **attributes)


@click.command()
@config_option
@_option("--against", metavar="URL", help="The server to play against.  [default: a fresh one]")
@_option(
    "--profile",
    type=click.Choice(wiring.PROFILE_NAMES),
    help="The profile of the fresh server.  [default: the tape's]",
)
@_option(
    "--user",
    type=UserKey(),
    multiple=True,
    help="The key of a user, for redacted tapes; it wins over the catalog.",
)
@_option(
    "--ignore", multiple=True, metavar="JSONPATH", help="What is here, or below it, may differ."
)
@_option(
    "--bind",
    multiple=True,
    metavar="NAME=JSONPATH",
    help="What an answer has here stands for the recorded value from then on.",
)
@_option(
    "--speed",
    type=click.Choice(["recorded", "max"]),
    default="max",
    show_default=True,
    help="Whether to wait as long between requests as when they were recorded.",
)
@_option("--update", is_flag=True, help="Write the new answers into the tapes.")
@_option("--junit", type=PATH, metavar="FILE", help="Write a JUnit report.")
@_option("--json", "json_file", type=PATH, metavar="FILE", help="Write a JSON report.")
@click.argument("tapes", type=PATH, nargs=-1, required=True, metavar="TAPE...")
def replay(
    tapes: tuple[Path, ...], junit: Path | None, json_file: Path | None, **asked: Any
) -> None:
    """Play tapes in order, each from a clean start, and show where the answers differ.

    Exit 0: all equal, 1: differences, 2: could not run.
    """
    try:
        sys.exit(_replay(_plan(tapes, **asked), junit, json_file))
    except Exception as reason:
        click.echo(f"rpcmedia: {_in_words(reason)}", err=True)
    except KeyboardInterrupt:
        click.echo("rpcmedia: interrupted.", err=True)
    sys.exit(COULD_NOT_RUN)


def _in_words(reason: Exception) -> str:
    if isinstance(reason, OSError) and reason.filename:
        return f"{reason.filename}: {reason.strerror}."
    if isinstance(reason, (*_CANNOT_PLAY, PathRefused)):
        return str(reason)
    # Exit 1 would mean differences, and that is how Python ends with a traceback.
    return " ".join(f"{type(reason).__name__}: {reason}".split())


def _plan(
    tapes: Sequence[Path],
    *,
    against: str | None,
    profile: str | None,
    user: Sequence[tuple[str, str]],
    ignore: Sequence[str],
    bind: Sequence[str],
    speed: Any,
    update: bool,
) -> Plan:
    if against is not None:
        _check_url(against)
    options = Options(
        ignore=[Selection(path) for path in ignore],
        bind=[_named_selection(text) for text in bind],
        speed=speed,
    )
    readers = [TapeReader(path) for path in tapes]
    return Plan(readers, against, profile, dict(user), options, update)


def _check_url(url: str) -> None:
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return
    raise CannotReplay(f"--against {url}: write a URL such as http://127.0.0.1:8080.")


def _named_selection(text: str) -> tuple[str, Selection]:
    name, equals, path = text.partition("=")
    if not name or not equals:
        raise CannotReplay(f"--bind {text}: write NAME=JSONPATH.")
    return name, Selection(path)


def _replay(plan: Plan, junit: Path | None, json_file: Path | None) -> int:
    from rpcmedia.cli.replay_output import Screen

    _set_up_quiet_logs()
    screen = Screen()
    with contextlib.ExitStack() as stack:
        reports: list[Report] = [screen]
        if json_file:
            reports.append(stack.enter_context(json_report(json_file)))
        if junit:
            from rpcmedia.tapes.junit_report import junit_report

            reports.append(stack.enter_context(junit_report(junit)))
        complete = _play_all(plan, reports)
    if screen.tally.played:
        click.echo(screen.summary())
    if not complete:
        return COULD_NOT_RUN
    return FINDINGS if screen.tally.different else CLEAN


def _set_up_quiet_logs() -> None:
    """Faults are what a tape is about; of the fresh server only its own troubles are told."""
    set_up_logs()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def _play_all(plan: Plan, reports: Sequence[Report]) -> bool:
    """Play every tape; whether all of them could be played to their ends."""
    complete = True
    bound = Counter({name: 0 for name, _ in plan.options.bind})
    for reader in plan.readers:
        error = ""
        for report in reports:
            report.begin(reader.path)
        try:
            bound.update(_play(plan, reader, reports))
        except Exception as reason:
            error, complete = _in_words(reason), False
        for report in reports:
            report.end(error)
        for warning in dict.fromkeys(reader.warnings):
            click.echo(f"rpcmedia: {warning}", err=True)
    for name in (name for name, found in bound.items() if not found and complete):
        click.echo(f"rpcmedia: --bind {name} found nothing to bind.", err=True)
    return complete


def _play(plan: Plan, reader: TapeReader, reports: Sequence[Report]) -> Mapping[str, int]:
    """Play a tape; how many values were bound for each name."""
    options = replace(plan.options, keys=_keys(plan, reader))
    with contextlib.ExitStack() as stack:
        target = plan.against or stack.enter_context(_fresh_server(plan, reader))
        version = stack.enter_context(rewriting(reader, plan.profile)) if plan.update else None
        run = Replay(reader, target, options)
        for played in run:
            for report in reports:
                report.add(played)
            if version:
                version.append(played)
    return run.bound


def _keys(plan: Plan, reader: TapeReader) -> Mapping[str, str]:
    """The keys that a redacted tape needs. Raises CannotReplay if some are not known."""
    if not missing_keys(reader, plan.users):
        return plan.users
    catalog = catalog_path(reader)
    keys = (catalog_keys(catalog) if catalog else {}) | dict(plan.users)
    missing = missing_keys(reader, keys)
    if missing:
        raise CannotReplay(
            f"{reader.path}: the keys of {', '.join(missing)} are not on the tape;"
            " give --user NAME:KEY for each."
        )
    return keys


@contextlib.contextmanager
def _fresh_server(plan: Plan, reader: TapeReader) -> Iterator[str]:
    """The address of a server that is as the tape's was when it was recorded."""
    header = reader.header
    profile = plan.profile or header.profile or Settings.profile
    if profile not in wiring.PROFILE_NAMES:
        known = ", ".join(wiring.PROFILE_NAMES)
        raise CannotReplay(f"{reader.path}: no profile {profile!r}; give --profile ({known}).")
    with tempfile.TemporaryDirectory(prefix="rpcmedia-") as folder:
        catalog = catalog_path(reader)
        if catalog and plan.users:
            catalog = with_keys(catalog, plan.users, Path(folder))
        settings = Settings(
            ephemeral=True,
            port=0,
            catalog=catalog,
            profile=profile,
            base_url=header.base_url or None,
            users=() if catalog else tuple(plan.users.items()),
        )
        with in_a_thread(wiring.running(settings)) as server:
            yield server.address
