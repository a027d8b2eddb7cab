"""Warnings about servers, for whoever looks after the node: taken over or vetoed, those of other towns; and ours."""

from collections.abc import Callable
from dataclasses import asdict

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from areas.zones import signals
from areas.zones.signals import REASON_LENGTH, Signal
from federation.errors import NotFound
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.desk import sending
from web.desk.rights import Desk, find_desk, list_tabs
from web.desk.sending import HOST_LENGTH, Sheet
from web.forms import read_form
from web.node import node_of
from web.pages.acts import require_id
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of


async def warnings_page(request: Request, visitor: Visitor) -> Response:
    """Those that wait or, with `?show=all`, all there are; the latest first."""
    return await _show(request, visitor)


async def _show(
    request: Request,
    visitor: Visitor,
    errors: dict[int, str] | None = None,
    status: int = 200,
    *,
    sheet: Sheet | None = None,
    flaws: dict[str, str] | None = None,
) -> Response:
    everything = request.query_params.get("show") == "all"

    def read(tx: sa.Connection) -> dict[str, object]:
        desk, now = _require_desk(tx, request, visitor), node_of(request).clock()
        found = signals.list_signals(tx, now, everything=everything)
        own = {"sent": signals.list_sent(tx, now), "warners": signals.list_warners(tx, now)}
        return {"warnings": found, "tabs": list_tabs(request, desk), **own}

    values = await node_of(request).database.read(read)
    more = {
        "everything": everything,
        "errors": errors or {},
        "most_reason": REASON_LENGTH,
        "most_host": HOST_LENGTH,
        "sheet": sheet or Sheet(),
        "flaws": dict.fromkeys(asdict(Sheet()), "") | (flaws or {}),
        "is_flawed": bool(flaws),
    }
    return show(request, "desk_warnings.html", {**values, **more}, status=status)


def _require_desk(tx: sa.Connection, request: Request, visitor: Visitor) -> Desk:
    """A block is the whole node's affair, whoever looks after one of its areas."""
    desk = find_desk(tx, request, visitor)
    if not desk.is_everywhere:
        raise NotFound("there is nothing for you to decide")
    return desk


async def take(request: Request, visitor: Visitor) -> Response:
    """Block the server as the warning says."""
    await read_form(request)
    now = node_of(request).clock()
    return await _do(request, visitor, "taken", lambda tx, number: signals.take(tx, number, now))


async def veto(request: Request, visitor: Visitor) -> Response:
    """Be asked about that server no more; why is kept for the others at the desk."""
    form = await read_form(request)
    reason, now = form.get("reason", "").strip()[:REASON_LENGTH], node_of(request).clock()
    if not reason:
        error = text_of(request, "Please say why, for the others at the desk.")
        return await _show(request, visitor, {require_id(request, "signal_id"): error}, 422)
    return await _do(request, visitor, "vetoed", lambda tx, number: signals.veto(tx, number, reason, now))


async def reopen(request: Request, visitor: Visitor) -> Response:
    """Let it wait again; the block that it brought ends."""
    await read_form(request)
    now = node_of(request).clock()
    return await _do(request, visitor, "waiting", lambda tx, number: signals.reopen(tx, number, now))


async def send(request: Request, visitor: Visitor) -> Response:
    """Warn the towns with which an area of ours has agreed."""
    sheet, node = sending.read_sheet(await read_form(request)), node_of(request)

    def write(tx: sa.Connection) -> Signal | dict[str, str]:
        _require_desk(tx, request, visitor)
        return sending.send(tx, request, sheet, node.clock())

    sent = await node.database.write(write)
    if not isinstance(sent, Signal):
        return await _show(request, visitor, status=422, sheet=sheet, flaws=sent)
    node.nudge()
    target = with_notice(link(request, "/desk/warnings"), "warned", sent.id)
    return RedirectResponse(target, 303, headers=PRIVATE)


async def withdraw(request: Request, visitor: Visitor) -> Response:
    """Take a warning of ours back; whoever has blocked for it decides anew."""
    await read_form(request)
    now = node_of(request).clock()
    return await _do(request, visitor, "unwarned", lambda tx, number: sending.withdraw(tx, number, now))


async def _do(
    request: Request, visitor: Visitor, done: str, act: Callable[[sa.Connection, int], object]
) -> Response:
    node, number = node_of(request), require_id(request, "signal_id")

    def write(tx: sa.Connection) -> None:
        _require_desk(tx, request, visitor)
        act(tx, number)

    await node.database.write(write)
    await node.refresh()
    node.nudge()
    target = with_notice(link(request, "/desk/warnings"), done, number)
    return RedirectResponse(target, 303, headers=PRIVATE)
