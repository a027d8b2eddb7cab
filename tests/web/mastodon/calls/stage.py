"""Where the calls of `Mastodon.py` are made: a town on a socket, its people, and clients that note what was called."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mastodon import Mastodon

from actors.records import ActorRecord
from areas.records import AreaRecord
from tests.testrig.network import Clock
from tests.testrig.world import Town


class Noted:
    """A client of the library; every method that is called on it is noted."""

    def __init__(self, client: Mastodon, called: set[str]) -> None:
        self._client = client
        self._called = called

    def __getattr__(self, name: str) -> Any:
        self._called.add(name)
        return getattr(self._client, name)


@dataclass
class Stage:
    """hanako's client as a program gets it, one that does not look at version numbers, and those of others."""

    town: Town
    clock: Clock
    area: AreaRecord
    hanako: ActorRecord
    sora: ActorRecord
    riku: ActorRecord
    tokens: dict[str, str]
    called: set[str] = field(default_factory=set)
    api: Any = field(init=False)
    newest: Any = field(init=False)
    sora_api: Any = field(init=False)
    riku_api: Any = field(init=False)
    nobody: Any = field(init=False)

    def __post_init__(self) -> None:
        self.api = self.open(self.tokens["hanako"])
        self.newest = self.open(self.tokens["hanako"], version_check_mode="none")
        self.sora_api = self.open(self.tokens["sora"])
        self.riku_api = self.open(self.tokens["riku"])
        self.nobody = self.open(None)

    @property
    def base(self) -> str:
        return self.town.node.settings.base_url

    def open(self, token: str | None, **options: Any) -> Noted:
        """A client as the library's documentation makes one."""
        client = Mastodon(access_token=token, api_base_url=self.base, ratelimit_method="throw", **options)
        return Noted(client, self.called)


Row = Callable[[Stage], None]


class Table:
    """Rows in the order in which they stand in their file."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def __call__(self, row: Row) -> Row:
        self.rows.append(row)
        return row


def ids(found: Iterable[Any]) -> list[int]:
    """The library keeps ids as texts that look like numbers."""
    return [int(each.id) for each in found]


def accts(found: Iterable[Any]) -> list[str]:
    return [each.acct for each in found]
