"""Where somebody goes on after signing in: a path of this node, whatever the address asked for."""

from typing import Final

HOME: Final = "/home"
LONGEST: Final = 2_048
"""Characters; a request for authorization has a few hundred."""


def read_onward(asked: str | None) -> str:
    r"""Return a path with its query that leads nowhere else; `/home` for anything doubtful.

    Browsers take `//host`, `/\host` and both with tabs between for another site.
    """
    if not asked or len(asked) > LONGEST or not asked.isascii() or not asked.isprintable():
        return HOME
    is_path = asked.startswith("/") and not asked.startswith("//") and not set(asked) & _FOREIGN
    return asked if is_path else HOME


_FOREIGN: Final = frozenset("\\#")
