"""What `kairanban` can do to a node, by name, and where it is done: in the server when one runs, else here."""

from collections.abc import Awaitable, Callable
from typing import Any

from federation.errors import Refused
from web.cli import (
    accounts,
    announcements,
    areas,
    carrying,
    clearing,
    complaints,
    control,
    delivery,
    follows,
    moderation,
    moves,
    peers,
    pictures,
    servers,
    signals,
    standing,
)
from web.cli.reports import Report
from web.node import Node, open_node
from web.progress import Tell, say_nothing
from web.settings import Settings

Command = Callable[..., Awaitable[Report]]

COMMANDS: dict[str, Command] = {
    "area create": areas.area_create,
    "area list": areas.area_list,
    "area show": areas.area_show,
    "area limit": areas.area_limit,
    "area timeline": areas.area_timeline,
    "area edit": moderation.area_edit,
    "area remove": moderation.area_remove,
    "area restore": moderation.area_restore,
    "area lock": moderation.area_lock,
    "area unlock": moderation.area_unlock,
    "area pin": moderation.area_pin,
    "area unpin": moderation.area_unpin,
    "area ban": moderation.area_ban,
    "area unban": moderation.area_unban,
    "area alias": moves.area_alias,
    "area move": moves.area_move,
    "area return": moves.area_return,
    "area leave": carrying.area_leave,
    "export-area": carrying.export_area,
    "import-area": carrying.import_area,
    "actor create": areas.actor_create,
    "actor picture": pictures.actor_picture,
    "actor standing": standing.actor_standing,
    "media quarantine": pictures.media_quarantine,
    "media release": pictures.media_release,
    "media remove": pictures.media_remove,
    "role grant": areas.role_grant,
    "account password": accounts.account_password,
    "account sign-out": accounts.account_sign_out,
    "account alias": moves.account_alias,
    "account move": moves.account_move,
    "account return": moves.account_return,
    "invitation create": accounts.invitation_create,
    "token create": accounts.token_create,
    "follow": follows.follow,
    "unfollow": follows.unfollow,
    "post": areas.post,
    "post-show": moderation.post_show,
    "post-edit": areas.post_edit,
    "post-delete": areas.post_delete,
    "announcement create": announcements.announcement_create,
    "announcement edit": announcements.announcement_edit,
    "announcement end": announcements.announcement_end,
    "announcement list": announcements.announcement_list,
    "held list": areas.held_list,
    "held approve": areas.held_approve,
    "held refuse": areas.held_refuse,
    "held clear": clearing.held_clear,
    "server block": servers.server_block,
    "server unblock": servers.server_unblock,
    "server allow": servers.server_allow,
    "server disallow": servers.server_disallow,
    "server list": servers.server_list,
    "server show": servers.server_show,
    "server dialect": servers.server_dialect,
    "server clear": clearing.server_clear,
    "report list": complaints.report_list,
    "report show": complaints.report_show,
    "report close": complaints.report_close,
    "signal list": signals.signal_list,
    "signal take": signals.signal_take,
    "signal veto": signals.signal_veto,
    "signal send": signals.signal_send,
    "signal withdraw": signals.signal_withdraw,
    "peer request": peers.peer_request,
    "peer accept": peers.peer_accept,
    "peer reject": peers.peer_reject,
    "peer end": peers.peer_end,
    "peer pull": peers.peer_pull,
    "peer list": peers.peer_list,
    "zone list": peers.zone_list,
    "zone boost": peers.zone_boost,
    "zone hide": peers.zone_hide,
    "zone show": peers.zone_show,
    "delivery status": delivery.delivery_status,
    "delivery retry": delivery.delivery_retry,
    "delivery flush": delivery.delivery_flush,
}
"""Each is a function that takes the node and its words."""

LONG = frozenset({"export-area", "import-area"})
"""Those that may take minutes take `tell` too, by which they say how far they are."""


async def run_command(node: Node, name: str, arguments: dict[str, Any], tell: Tell = say_nothing) -> Report:
    """Run one command of `COMMANDS`. Raises `Refused` for one that does not exist."""
    command = COMMANDS.get(name)
    if command is None:
        raise Refused(f"there is no command {name!r}")
    if name in LONG:
        return await command(node, **arguments, tell=tell)
    return await command(node, **arguments)


async def run_somewhere(
    settings: Settings, name: str, arguments: dict[str, Any], tell: Tell = say_nothing
) -> Report:
    """Let the server that runs do it, or this process where none does."""
    report = await control.ask(settings.data_dir, name, arguments, tell)
    if report is not None:
        return report
    if settings.database_url.startswith("sqlite"):
        with control.hold_lock(settings.data_dir):
            return await _run_here(settings, name, arguments, tell)
    return await _run_here(settings, name, arguments, tell)


async def _run_here(settings: Settings, name: str, arguments: dict[str, Any], tell: Tell) -> Report:
    async with open_node(settings) as node:
        return await run_command(node, name, arguments, tell)
