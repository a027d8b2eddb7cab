"""Commands about access: passwords, signing everybody out who uses an account, tokens for programs."""

from typing import Final

import sqlalchemy as sa

from actors.accounts import find_owner, open_email
from actors.oauth.apps import OUT_OF_BAND, Registration, ensure_app
from actors.oauth.scopes import SCOPES, parse_scopes, write_scopes
from actors.oauth.tokens import issue_token
from actors.signin import invitations
from actors.signin.access import end_access
from actors.signin.credentials import set_password
from actors.signin.notices import tell_owner
from actors.signin.passwords import LONGEST, SHORTEST, find_flaw
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from web.cli.handles import find_named_actor
from web.cli.reports import Report
from web.node import Node

COMMAND_APP: Final = "kairanban-command"
"""The client id under which tokens made on the command line are listed and revoked."""
DAY_MS: Final = 86_400_000
_REGISTRATION: Final = Registration("kairanban token create", (OUT_OF_BAND,), " ".join(SCOPES))


async def account_password(node: Node, *, name: str, password: str) -> Report:
    """Set the password of whoever is an actor; all that was signed in or connected before is not any more."""
    account_id, email = await node.database.read(_find_account, node, name, node.clock())
    hashed = await hash_password(node, password, email)

    def change(tx: sa.Connection) -> None:
        set_password(tx, account_id, hashed, node.clock())
        end_access(tx, account_id, node.clock())
        tell_owner(tx, account_id, "password", "ja", node.clock())

    await node.database.write(change)
    node.nudge()
    line = f"{name} has a new password; sessions and apps are signed out"
    return Report((line,), {"name": name, "changed": True})


async def account_sign_out(node: Node, *, name: str) -> Report:
    """End every session and token of whoever is an actor."""
    account_id, _ = await node.database.read(_find_account, node, name, node.clock())
    await node.database.write(end_access, account_id, node.clock())
    return Report((f"{name} is signed out everywhere",), {"name": name, "signed_out": True})


async def hash_password(node: Node, password: str, email: str) -> str:
    """Return the hash of a password that was typed; raises `Refused` for one that is not taken."""
    flaw = find_flaw(password, email)
    if flaw is not None:
        raise Refused(
            f"the password is too {flaw}: {SHORTEST} to {LONGEST} characters, none that is tried first"
        )
    return await node.hashing.hash(password)


def _find_account(tx: sa.Connection, node: Node, name: str, now: Millis) -> tuple[int, str]:
    """Return the account whose own name it is, and its mail address."""
    actor = find_named_actor(tx, name)
    account_id = find_owner(tx, actor.id, now)
    if account_id is None:
        raise NotFound(f"nobody signs in as {name}: it has no account")
    return account_id, open_email(tx, node.vault, account_id) or ""


async def token_create(node: Node, *, name: str, scopes: str = "read write follow push") -> Report:
    """Make an access token that speaks as a local actor, and print it: it is kept as a hash only."""
    return await node.database.write(_create_token, node, name, scopes, node.clock())


def _create_token(tx: sa.Connection, node: Node, name: str, scopes: str, now: Millis) -> Report:
    granted = parse_scopes(scopes)
    if granted is None:
        raise Refused(f"there are no scopes {scopes!r}; these exist: {' '.join(SCOPES)}")
    actor = find_named_actor(tx, name)
    record, bearer = issue_token(
        tx,
        node.vault,
        app_id=ensure_app(tx, COMMAND_APP, _REGISTRATION, now).id,
        account_id=find_owner(tx, actor.id, now),
        actor_id=actor.id,
        scopes=granted,
        now=now,
    )
    data = {
        "token": bearer,
        "id": str(record.id),
        "actor": f"@{actor.handle}",
        "scopes": write_scopes(record.scopes),
    }
    return Report((bearer,), data)


async def invitation_create(node: Node, *, note: str = "", uses: int = 1, days: int = 30) -> Report:
    """Make the words by which somebody may sign up where an invitation is needed; they are kept as a hash only."""
    until = Millis(node.clock() + days * DAY_MS)

    def make(tx: sa.Connection) -> str:
        return invitations.invite(tx, node.vault, note=note, uses=uses, until=until, now=node.clock())

    words = await node.database.write(make)
    address = f"{node.sites.primary.origin.origin}/sign-up?invitation={words}"
    return Report((words, address), {"invitation": words, "address": address, "until": until})
