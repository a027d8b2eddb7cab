"""Which test process runs what: whole files, and nothing of a process that died is lost."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

SHARED = ("tests/fuzz",)


class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]
    """A process takes whole files; those of one folder that share a rig stay together, and begin first."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder = path.rpartition("/")[0]
        return folder if folder in SHARED else path

    def _reschedule(self, node: Any) -> None:
        """Give a process enough to do: it begins its last test only when it knows of one more, or that all is over."""
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) <= 2:
            if self.workqueue:
                self._assign_work_unit(node)
            else:
                node.shutdown()

    def remove_node(self, node: Any) -> str | None:
        """Let others do what a process that died had not begun; the test during which it died has failed.

        The original gives back files that are done as well, and whoever gets one waits for ever.
        """
        files: dict[str, dict[str, bool]] = self.assigned_work.pop(node)
        died_in = next(
            (test for tests in files.values() for test, is_done in tests.items() if not is_done), None
        )
        if died_in is not None:
            files[self._split_scope(died_in)][died_in] = True
            self.workqueue.update({path: tests for path, tests in files.items() if not all(tests.values())})
            for each in self.assigned_work:
                self._reschedule(each)
        return died_in


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WholeFiles:
    """A hook of pytest-xdist."""
    return WholeFiles(config, log)
