"""That something has gone is told to whoever could read it, and to nobody else."""

import pytest

from actors.changes import Audience, Change
from areas import interactions
from areas.interactions import join
from areas.reading.live import could_read
from areas.reading.visibility import Reader
from tests.testrig.world import Town

pytestmark = pytest.mark.anyio


async def test_who_hears_of_an_end(town: Town) -> None:
    area = await town.area("megumino")
    people = {name: await town.person(name) for name in ("sora", "named", "follower", "member", "stranger")}
    await town.write(interactions.follow, people["follower"], people["sora"], town.clock())
    await town.write(join, people["member"], area, town.clock())
    named = (people["named"].id,)
    everybody = set(people)
    for audience, expected in (
        (Audience("public"), everybody),
        (Audience("unlisted"), everybody),
        (Audience("private", None, named), {"sora", "named", "follower"}),
        (Audience("direct", None, named), {"sora", "named"}),
        (Audience("private", area.actor_id), {"sora", "member"}),
        (None, set()),
    ):
        change = Change("removed", 1, people["sora"].id, 1, audience)
        hearing = {
            name
            for name, actor in people.items()
            if await town.read(could_read, Reader.of(actor, town.clock()), change)
        }
        assert hearing == expected, audience
