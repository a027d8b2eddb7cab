"""`make docs`: writes what the program itself knows best: the help of every command, the table of its client API."""

import inspect
import io
from pathlib import Path

from rich.console import Console

from web.cli import COMMANDS, app
from web.mastodon.operations import Operation
from web.mastodon.routes import OPERATIONS

REFERENCE = Path(__file__).parent.parent / "docs" / "reference.md"
CLIENT_API = Path(__file__).parent.parent / "docs" / "client-api.md"
ADDRESSES = "## Addresses"
NEEDS = {"nothing": "", "if-given": " *", "token": " (app)", "user": ""}
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


def render_addresses() -> str:
    """The last section of docs/client-api.md."""
    head = "Made by `make docs` from the route table. With `*`, what is public is there without a token too."
    rows = "\n".join(_describe(operation) for operation in OPERATIONS)
    return f"{ADDRESSES}\n\n{head}\n\n| address | scope, any of | |\n|---|---|---|\n{rows}\n"


def _describe(operation: Operation) -> str:
    access, doc = operation.access, inspect.getdoc(operation.handler) or ""
    scopes = ", ".join(f"`{scope}`" for scope in access.scopes) + NEEDS[access.needs]
    said = doc.partition("\n")[0].partition("`: ")[2].rstrip(".")
    return f"| {' '.join(operation.methods)} `{operation.path}` | {scopes} | {said} |"


def write_addresses(text: str) -> str:
    """The page with its last section made anew."""
    return text.partition(ADDRESSES)[0] + render_addresses()


if __name__ == "__main__":
    REFERENCE.write_text(render(), encoding="utf-8")
    CLIENT_API.write_text(write_addresses(CLIENT_API.read_text(encoding="utf-8")), encoding="utf-8")
