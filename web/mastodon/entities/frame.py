"""What entities need to know of the node that shows them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from actors.records import ActorRecord

Json: TypeAlias = dict[str, Any]
Size = Literal["full", "small"]


@dataclass(frozen=True, slots=True)
class Frame:
    """`origin` is where the node is found, `host` what its own handles leave out.

    `picture` gives the address under which we show a picture from anywhere, None where we do not; `avatar` and
    `header` stand where an actor has none. `push_key` is that by which push services know the node.
    """

    origin: str
    host: str
    picture: Callable[[str, Size], str | None]
    avatar: str
    header: str
    push_key: str

    @property
    def streaming(self) -> str:
        """Where WebSockets are opened: `wss://` and the host; apps add the path."""
        return f"ws{self.origin.removeprefix('http')}"

    def acct(self, actor: ActorRecord) -> str:
        """Return the handle as apps write it: without a host for those on this one."""
        return actor.username if actor.local and actor.host == self.host else actor.handle
