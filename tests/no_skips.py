"""A pytest plugin for CI, where a test that was skipped has not passed (`-p tests.no_skips`)."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

#: Reasons that no CI can do anything about, and when they are believed.
ALLOWED: tuple[tuple[str, Callable[[], bool]], ...] = (
    # Real sales data beside the checkout, not part of it.
    (r"\.\./shared\b", lambda: not Path("../shared").exists()),
)


class _Skips:
    def __init__(self) -> None:
        self.avoidable: list[str] = []

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(re.search(pattern, reason) and holds() for pattern, holds in ALLOWED):
            self.avoidable.append(f"{report.nodeid}: {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.note(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.avoidable and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.avoidable:
            terminalreporter.section("skipped where everything can be had", red=True)
            for line in self.avoidable:
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Skips(), "engage-no-skips")
