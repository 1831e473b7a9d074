"""In CI a skipped test is a failure: there everything that tests need is installed."""

import os

import pytest

_CI = os.environ.get("CI", "").lower() in {"true", "1"}


class NoSkips:
    """Fails a run in which a test or a whole module was skipped, and names them."""

    def __init__(self) -> None:
        self._skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A test that is expected to fail, and does, is reported as skipped as well.
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._skipped:
            terminalreporter.section("skipped, which fails in CI", red=True)
            for name in self._skipped:
                terminalreporter.line(name)


def pytest_configure(config: pytest.Config) -> None:
    """Watch for skips where CI is set."""
    if _CI:
        config.pluginmanager.register(NoSkips())
