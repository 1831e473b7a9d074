"""What a replay shows: differences on standard output, progress on standard error."""

import shutil
import sys
import time
from pathlib import Path

import click
from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from rpcmedia.tapes.replay import Played
from rpcmedia.tapes.report import Tally, sides, title

_PIPE_COLUMNS = 120
_REFRESH_SECONDS = 0.1


class Screen:
    """A report to whoever started the replay: tables on a terminal, else plain columns."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._tapes = 0
        self._tape = Path()
        self._bar = _Bar()
        self._out = Console(highlight=False)
        if not self._out.is_terminal:
            self._out.width = shutil.get_terminal_size((_PIPE_COLUMNS, 0)).columns

    def begin(self, tape: Path) -> None:
        """See Report."""
        self._tapes += 1
        self._tape = tape
        self._bar.begin(tape)

    def add(self, played: Played) -> None:
        """See Report."""
        self.tally.count(played)
        if played.differences:
            self._bar.hide()
            self._show(played)
        self._bar.advance()

    def end(self, error: str = "") -> None:
        """See Report."""
        self._bar.hide()
        if error:
            click.echo(f"rpcmedia: {error}", err=True)

    def summary(self) -> str:
        """All of it in one line."""
        tally = self.tally
        words = [f"{tally.equal} of {tally.equal + tally.different} equal"]
        if tally.different:
            words.append(f"{tally.different} differ{'s' if tally.different == 1 else ''}")
        if tally.skipped:
            words.append(f"{tally.skipped} without a recorded answer")
        return f"{', '.join(words)} ({self._tapes} tape{'s' if self._tapes != 1 else ''})"

    def _show(self, played: Played) -> None:
        place = f"{self._tape}:{played.recorded.line} {title(played.recorded)}"
        # Not folded, so that it can be clicked on and searched for.
        self._out.print(_text(place), style="bold", soft_wrap=True)
        box = HEAVY_HEAD if self._out.is_terminal else None
        table = Table("field", "expected", "got", box=box, padding=(0, 1))
        for difference in played.differences:
            table.add_row(*map(_text, (difference.field, *sides(difference))))
        self._out.print(table)


def _text(text: str) -> Text:
    # A tape may hold anything, also what a terminal would obey.
    visible = (c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    return Text("".join(visible), overflow="fold")


class _Bar:
    """How far a tape is, on standard error, if that is a terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(stderr=True),
            transient=True,
            # It is drawn between two exchanges; a thread would take time from them.
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._shown = sys.stderr.isatty()
        self._drawn = 0.0

    def begin(self, tape: Path) -> None:
        """Start anew."""
        if self._shown:
            with tape.open("rb") as lines:
                exchanges = sum(1 for _ in lines) - 1
            for task in self._progress.task_ids:
                self._progress.remove_task(task)
            self._progress.add_task(tape.name, total=exchanges)

    def advance(self) -> None:
        """One exchange more."""
        if not self._shown:
            return
        self._progress.advance(self._progress.task_ids[0])
        now = time.monotonic()
        if now - self._drawn > _REFRESH_SECONDS:
            self._drawn = now
            self._progress.start()
            self._progress.refresh()

    def hide(self) -> None:
        """Leave the screen to something else for a while."""
        if self._shown:
            self._progress.stop()
