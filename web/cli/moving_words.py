"""Words of commands by which residents and areas move to other servers, and come from there."""

from pathlib import Path

import cyclopts

from web.cli.running import Json, run


def area_alias(name: str, *, add: str | None = None, remove: str | None = None, json: Json = False) -> None:
    """List what else an area is known as; --add or --remove an area elsewhere (@name@host) that is to move here."""
    run("area alias", json, name=name, add=add, remove=remove)


def area_move(name: str, to: str, *, json: Json = False) -> None:
    """Move an area to the area TO (@name@host), which names it as its alias; who follows is asked to follow there."""
    run("area move", json, name=name, to=to)


def area_return(name: str, *, json: Json = False) -> None:
    """Take the move of an area back, or its export; whoever has followed it away stays there."""
    run("area return", json, name=name)


def area_leave(name: str, *, anyway: bool = False, json: Json = False) -> None:
    """End an exported area here for good, once it is served elsewhere; --anyway drops what is still to be delivered."""
    run("area leave", json, name=name, anyway=anyway)


def export_area(name: str, file: Path, *, json: Json = False) -> None:
    """Write an area that has a host name of its own to FILE, with its keys, and let it rest here."""
    run("export-area", json, name=name, file=str(file.absolute()))


def import_area(file: Path, *, json: Json = False) -> None:
    """Serve the area in FILE on this node, under its own host name, as if it had always been here."""
    run("import-area", json, file=str(file.absolute()))


def account_alias(
    name: str, *, add: str | None = None, remove: str | None = None, json: Json = False
) -> None:
    """List what else the local actor NAME is known as; --add or --remove an account elsewhere that is to move here."""
    run("account alias", json, name=name, add=add, remove=remove)


def account_move(name: str, to: str, *, json: Json = False) -> None:
    """Move the local actor NAME to TO (@name@host), which names it as its alias; it only reads here then."""
    run("account move", json, name=name, to=to)


def account_return(name: str, *, json: Json = False) -> None:
    """Take the move of NAME back; whoever has followed it away stays there."""
    run("account return", json, name=name)


_AREA = (area_alias, area_move, area_return, area_leave)
_ACCOUNT = (account_alias, account_move, account_return)


def add_commands(app: cyclopts.App, area: cyclopts.App, account: cyclopts.App) -> None:
    """Let them be typed."""
    app.command(export_area)
    app.command(import_area)
    for ours in _AREA:
        area.command(ours, name=ours.__name__.removeprefix("area_"))
    for hers in _ACCOUNT:
        account.command(hers, name=hers.__name__.removeprefix("account_"))
