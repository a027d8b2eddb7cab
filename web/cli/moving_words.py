"""Words of commands by which residents and areas move to other servers, and come from there."""

import cyclopts

from web.cli.running import Json, run


def area_alias(name: str, *, add: str | None = None, remove: str | None = None, json: Json = False) -> None:
    """List what else an area is known as; --add or --remove an area elsewhere (@name@host) that is to move here."""
    run("area alias", json, name=name, add=add, remove=remove)


def area_move(name: str, to: str, *, json: Json = False) -> None:
    """Move an area to the area TO (@name@host), which names it as its alias; who follows is asked to follow there."""
    run("area move", json, name=name, to=to)


def area_return(name: str, *, json: Json = False) -> None:
    """Take the move of an area back; whoever has followed it away stays there."""
    run("area return", json, name=name)


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


_AREA = (area_alias, area_move, area_return)
_ACCOUNT = (account_alias, account_move, account_return)


def add_commands(area: cyclopts.App, account: cyclopts.App) -> None:
    """Let them be typed."""
    for ours in _AREA:
        area.command(ours, name=ours.__name__.removeprefix("area_"))
    for hers in _ACCOUNT:
        account.command(hers, name=hers.__name__.removeprefix("account_"))
