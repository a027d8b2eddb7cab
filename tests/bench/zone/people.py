"""What people do in a region: they write, mend, delete; desks take posts out, and shut people out for a while."""

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from actors.records import ActorKind
from areas import compose
from areas.records import Draft, Revision, Visibility
from federation.errors import Fault
from federation.vocabulary import Iri
from tests.bench.zone.region import KINDS, Home, Region
from tests.bench.zone.tally import SECRET
from tests.bench.zone.weather import HOUR

SHARES: Final = (70, 20, 10)
"""Per cent of posts by each kind of author."""
VISIBILITIES: Final[tuple[Visibility, ...]] = ("public", "unlisted", "private", "direct")
VISIBLE: Final = (88, 4, 4, 4)
"""Per cent of posts for each circle of readers."""
DAY: Final = 24 * HOUR
BUSY: Final = (1, 1, 1, 1, 1, 2, 4, 8, 8, 6, 6, 7, 8, 6, 6, 6, 7, 8, 8, 7, 6, 4, 2, 1)
"""How much is written in each hour of a day in Japan."""
BEGINS: Final = 21
"""Of that day, when the clock starts: noon in Greenwich."""


@dataclass(frozen=True, slots=True)
class Said:
    """A post as it was written first."""

    iri: Iri
    home: Home
    kind: ActorKind
    visibility: Visibility
    at: int


@dataclass
class People:
    """Decided by a seed beforehand, as far as nothing keeps them from it."""

    region: Region
    chance: random.Random
    said: dict[str, Said] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    """How often each was done: edit, delete, remove, ban."""

    def plan(self, begin: int, days: int, posts: int) -> None:
        """So many posts a day, more at some hours than at others."""
        for day in range(days):
            for hour in self.chance.choices(range(24), BUSY, k=posts):
                at = begin + day * DAY + (hour - BEGINS) % 24 * HOUR + self.chance.randrange(HOUR)
                home, kind = self.chance.choice(self.region.homes), self.chance.choices(KINDS, SHARES)[0]
                visibility = self.chance.choices(VISIBILITIES, VISIBLE)[0]
                fate = self.chance.random(), int(self.chance.expovariate(1 / (2 * HOUR)))
                self.region.at(at, partial(self._write, home, kind, visibility, fate))

    async def _write(
        self, home: Home, kind: ActorKind, visibility: Visibility, fate: tuple[float, int]
    ) -> None:
        host, now = home.site.host, self.region.world.clock()
        if self.region.weather.is_away(host):
            return  # nobody can write there just now
        town, area, number = self.region.town(home), home.place.area, len(self.said)
        word = "お知らせ" if visibility in {"public", "unlisted"} else SECRET
        text = f"{home.site.name}から {number} 番目の{word}です。"
        areas = (area.actor_id,) if visibility != "direct" else ()
        draft = Draft(home.people[kind].id, text, areas, visibility=visibility)
        with suppress(Fault):  # who is shut out, and what an area does not take
            post, _ = await town.write(compose.publish, draft, now)
            self.said[post.iri] = Said(post.iri, home, kind, visibility, now)
            deed = self._choose(home, kind, post.iri, post.id, fate[0])
            if deed is not None:
                self.region.at(now + fate[1], partial(self._do, host, *deed))
        await self.region.work({host})

    def _choose(
        self, home: Home, kind: ActorKind, iri: Iri, post_id: int, fate: float
    ) -> tuple[str, Callable[[], Awaitable[Any]]] | None:
        """What becomes of a post later; mostly nothing."""
        name, who = home.place.area.username, f"@{home.people[kind].handle}"
        if fate < 0.10:
            return "edit", partial(self._edit, home, post_id)
        if fate < 0.15:
            return "delete", partial(home.place.do, "post-delete", post_id=post_id)
        if fate < 0.20:
            return "remove", partial(home.place.do, "area remove", name=name, post=iri, reason="誤り")
        if fate < 0.23 and kind == "resident":
            return "ban", partial(self._shut_out, home, name, who)
        return None

    async def _do(self, host: str, name: str, deed: Callable[[], Awaitable[Any]]) -> None:
        if self.region.weather.is_gone(host) and self.region.weather.is_away(host):
            return
        if self.region.weather.is_away(host):
            self.region.at(self.region.world.clock() + HOUR, partial(self._do, host, name, deed))
            return
        with suppress(Fault):  # what is over already
            await deed()
            self.done[name] = self.done.get(name, 0) + 1
        await self.region.work({host})

    async def _edit(self, home: Home, post_id: int) -> None:
        number = self.done.get("edit", 0)
        word = Revision(text=f"{home.site.name}のお知らせを直しました。{number} 回目の直しです。")
        await self.region.town(home).write(compose.edit, post_id, word, self.region.world.clock())

    async def _shut_out(self, home: Home, name: str, who: str) -> None:
        """With all that is there; for six hours."""
        await home.place.do("area ban", name=name, who=who, remove_posts=True)
        unban = partial(home.place.do, "area unban", name=name, who=who)
        self.region.at(
            self.region.world.clock() + 6 * HOUR, partial(self._do, home.site.host, "unban", unban)
        )
