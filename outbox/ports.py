"""What delivery needs of the world beside a database and keys: the door to other servers."""

from typing import TYPE_CHECKING, Protocol

from federation.signatures import Scheme

if TYPE_CHECKING:
    from federation.client import PostResult, Signer


class Sender(Protocol):
    """The part of `federation.client` that delivers."""

    async def post(
        self, url: str, body: bytes, signer: "Signer", *, scheme: Scheme | None = None
    ) -> "PostResult":
        """Sign and POST an activity; what the peer does is a value. Without `scheme` the client decides."""
