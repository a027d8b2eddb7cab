"""What SQLAlchemy has compiled, kept once for a process.

By itself each engine keeps its own, and a node on SQLite has two: the readers' and the writer's.
"""

from typing import Any, Final

MOST: Final = 2_000
"""Statements; a node has some hundred, each with a few forms."""


class CompiledStatements(dict[Any, Any]):
    """For the execution option `compiled_cache`: dialects that compile alike find each other's statements."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the compiled statement of SQLAlchemy's key, whose first part is the dialect."""
        return super().get(_without_instance(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= MOST:
            self.clear()
        super().__setitem__(_without_instance(key), compiled)


def _without_instance(key: Any) -> Any:
    dialect, *rest = key
    return (type(dialect), dialect.server_version_info, *rest)


SHARING: Final = {"compiled_cache": CompiledStatements()}
"""Execution options of an engine."""
