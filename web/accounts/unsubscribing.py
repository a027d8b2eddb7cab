"""Ending mails by one press, signed in or not: the link in a mail, and the button that mail programs make of it.

Source: RFC 8058. The address names an account and proves by a keyed hash that we wrote it; it can do nothing else.
"""

import base64
import hmac
from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from actors.accounts import find_wishes, has_account, save_wishes
from actors.keys import Vault
from federation.errors import NotFound
from web.accounts.doors import show
from web.node import node_of

_PURPOSE: Final = "end mails"
LONGEST_TOKEN: Final = 100
PROOF_BYTES: Final = 18


def make_token(vault: Vault, account_id: int) -> str:
    """Return what stands in the address."""
    return f"{account_id}.{_prove(vault, account_id)}"


def read_token(vault: Vault, token: str) -> int:
    """Return the account. Raises `NotFound` for what we have not written."""
    number, _, proof = token[:LONGEST_TOKEN].partition(".")
    if not (number.isascii() and number.isdigit() and proof.isascii()):
        raise NotFound("there is no such address")
    if not hmac.compare_digest(proof, _prove(vault, int(number))):
        raise NotFound("there is no such address")
    return int(number)


def _prove(vault: Vault, account_id: int) -> str:
    return base64.urlsafe_b64encode(vault.hash(str(account_id), _PURPOSE)[:PROOF_BYTES]).decode()


async def end_page(request: Request) -> Response:
    """A button: programs that look at links end nothing."""
    read_token(node_of(request).vault, request.path_params["token"])
    return show(request, "mails_end.html", {"is_done": False})


async def end_mails(request: Request) -> Response:
    """It was pressed, here or in a mail program, which sends no cookie and no origin; the address is proof enough."""
    node = node_of(request)
    account_id = read_token(node.vault, request.path_params["token"])
    await node.database.write(_end, account_id)
    return show(request, "mails_end.html", {"is_done": True})


def _end(tx: sa.Connection, account_id: int) -> None:
    if has_account(tx, account_id):
        save_wishes(tx, account_id, replace(find_wishes(tx, account_id), pace="off"))
