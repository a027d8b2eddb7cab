"""Pictures of other servers, shown through our own address: a reader's browser never asks anybody but us.

The address is signed, so that we fetch what we have shown somebody and nothing else. A picture is fetched when it is
first asked for, read like any upload (so that nothing but its pixels is passed on), and kept while it is looked at.
"""

import base64
import binascii
import hmac
from typing import Final, Literal

from actors.keys import Vault
from areas.media import copying, endings
from areas.media.records import CopyRecord
from federation.client import Client
from federation.client.flights import Flights
from federation.errors import Fault, NotFound, Overloaded, Unreachable
from federation.vocabulary import Iri, Millis
from web.database import Database
from web.media.formats import MAX_BYTES, Shape
from web.media.library import Library

Size = Literal["full", "small"]

SHAPE: Final = Shape(2048, 2048)
"""Others' pictures are kept smaller than our own: the original is where it was."""
_PURPOSE: Final = "picture elsewhere"
_SIGNATURE_BYTES: Final = 16
_LONGEST_URL: Final = 2_048


class Addresses:
    """Makes and reads the addresses of pictures elsewhere."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def path(self, url: str, size: Size) -> str | None:
        """The path under which we show a picture; None for what nobody would fetch."""
        if not url.startswith(("https://", "http://")) or len(url) > _LONGEST_URL:
            return None
        return f"/media/proxy/{self._sign(url, size)}/{size}/{_encode(url.encode())}"

    def read(self, signature: str, size: str, encoded: str) -> Iri:
        """The address behind a path. Raises `NotFound` for one that we have not made."""
        try:
            url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except (binascii.Error, ValueError) as error:
            raise NotFound("there is no such picture") from error
        if not hmac.compare_digest(self._sign(url, size).encode(), signature.encode()):
            raise NotFound("there is no such picture")
        return Iri(url)

    def _sign(self, url: str, size: str) -> str:
        return _encode(self._vault.hash(f"{size} {url}", _PURPOSE)[:_SIGNATURE_BYTES])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Copies:
    """Fetches pictures of other servers. One for a node; who asks for what is under way waits for that."""

    def __init__(self, library: Library, client: Client, database: Database) -> None:
        self._library = library
        self._client = client
        self._database = database
        self._flights: Flights[CopyRecord] = Flights()

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.cancel()

    async def get(self, url: Iri, now: Millis) -> CopyRecord:
        """Return a copy that is there. Raises `NotFound` where there is none to be had, `Unreachable`, `Overloaded`."""
        found = await self._database.read(copying.find_copy, url)
        if found is not None and found.state == "ready":
            if copying.is_to_be_noted(found, now):
                await self._database.write(copying.use, url, now)
            return found
        return await self._flights.join(url, lambda: self._fetch(url, now))

    async def _fetch(self, url: Iri, now: Millis) -> CopyRecord:
        self._library.check_disk()
        begun = await self._database.write(copying.begin, url, now)
        if begun is None:
            return await self._explain(url)
        try:
            return await self._copy(begun, now)
        except Fault as fault:
            await self._database.write(copying.give_up, url, str(fault))
            raise

    async def _explain(self, url: Iri) -> CopyRecord:
        """Somebody was faster, or it was in vain a while ago."""
        found = await self._database.read(copying.find_copy, url)
        if found is not None and found.state == "ready":
            return found
        if found is not None and found.state == "fetching":
            raise Overloaded("another process fetches the picture", retry_after=5)
        raise Unreachable("the picture could not be had a while ago")

    async def _copy(self, begun: CopyRecord, now: Millis) -> CopyRecord:
        with self._library.sandbox.open_file() as file:
            await self._client.fetch_file(begun.url, file.write, cap=MAX_BYTES)
            made = await self._library.keep(file, SHAPE, begun.name, begun.preview_name)
        if not await self._database.write(copying.keep, begun.url, made):
            await self._database.write(endings.leave, (begun.name, begun.preview_name), now)
            raise NotFound("the picture is gone")
        kept = await self._database.read(copying.find_copy, begun.url)
        if kept is None:
            raise NotFound("the picture is gone")
        return kept
