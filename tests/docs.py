"""`make docs`: writes docs/reference.md, the help of every command, from the program itself."""

import io
from pathlib import Path

from rich.console import Console

from web.cli import COMMANDS, app

REFERENCE = Path(__file__).parent.parent / "docs" / "reference.md"
OTHERS = ("init", "serve", "migrate", "check", "demo")
HEAD = "# Commands\n\nMade by `make docs` from the program; what they are for is in [operators.md](operators.md).\n"


def render() -> str:
    """The whole page."""
    names = sorted({*COMMANDS, *OTHERS})
    return HEAD + "".join(f"\n## kairanban {name}\n\n```\n{_help(name)}\n```\n" for name in names)


def _help(name: str) -> str:
    stream = io.StringIO()
    app.help_print(name.split(), console=Console(file=stream, width=100, no_color=True, force_terminal=False))
    return "\n".join(line.rstrip() for line in stream.getvalue().strip().splitlines())


if __name__ == "__main__":
    REFERENCE.write_text(render(), encoding="utf-8")
