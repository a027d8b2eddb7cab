"""Commands about announcements: what apps show above everything else while it is in force."""

import sqlalchemy as sa

from actors import registration
from actors.directory import find_local
from actors.origins import find_origins
from actors.records import ActorRecord
from areas.announcements import saying
from areas.announcements.saying import AnnouncementRecord, Wanted
from areas.posts import find_post
from areas.records import AreaRecord, PostRecord
from federation import iris
from federation.errors import NotFound
from federation.vocabulary import Millis
from web.cli.handles import find_named_actor, find_named_area
from web.cli.reports import Report, table
from web.node import Node
from web.pages.times import format_time


async def announcement_create(
    node: Node,
    *,
    text: str,
    english: str | None = None,
    area: str | None = None,
    by: str | None = None,
    post: str | None = None,
    starts: Millis | None = None,
    ends: Millis | None = None,
    all_day: bool = False,
) -> Report:
    """Announce something to who follows an area, or to everybody here; said by an official desk, else by the area."""
    wanted = Wanted(_read_texts(text, english), starts, ends, all_day)

    def make(tx: sa.Connection) -> AnnouncementRecord:
        home = None if area is None else find_named_area(tx, area)
        about = None if post is None else _find_post(tx, post)
        return saying.announce(tx, _find_speaker(tx, by, home), wanted, node.clock(), area=home, about=about)

    made = await node.database.write(make)
    node.nudge()
    return _report(node, made)


async def announcement_edit(
    node: Node,
    *,
    announcement: int,
    text: str,
    english: str | None = None,
    starts: Millis | None = None,
    ends: Millis | None = None,
    all_day: bool = False,
) -> Report:
    """Let an announcement say something else, and for the time that is given now; it is new to who has read it."""
    wanted = Wanted(_read_texts(text, english), starts, ends, all_day)
    changed = await node.database.write(saying.change, announcement, wanted, node.clock())
    node.nudge()
    return _report(node, changed)


async def announcement_end(node: Node, *, announcement: int) -> Report:
    """Take an announcement back."""
    await node.database.write(saying.take_back, announcement, node.clock())
    return Report(
        (f"announcement {announcement} is not shown any more",), {"id": announcement, "ended": True}
    )


async def announcement_list(node: Node) -> Report:
    """What is announced, and what is still to come."""

    def read(tx: sa.Connection) -> list[tuple[AnnouncementRecord, dict[str, str]]]:
        found = saying.list_all(tx, node.clock())
        return [(each, saying.texts_of(tx, each.id)) for each in found]

    found = await node.database.read(read)
    heading = ("id", "from", "until", "text")
    rows = [heading, *(_to_row(record, texts, node.clock()) for record, texts in found)]
    return Report(
        table(rows, "nothing is announced"), {"announcements": [_to_data(node, *each) for each in found]}
    )


def _read_texts(text: str, english: str | None) -> dict[str, str]:
    original, translation = saying.LANGUAGES
    return {original: text} if english is None else {original: text, translation: english}


def _find_speaker(tx: sa.Connection, by: str | None, area: AreaRecord | None) -> ActorRecord:
    if by is not None:
        return find_named_actor(tx, by)
    if area is not None:
        return find_named_actor(tx, f"{area.username}@{area.host}")
    origin = find_origins(tx)[0]
    found = find_local(tx, registration.node_username(origin), origin.host)
    assert found is not None  # made when the node was opened
    return found


def _find_post(tx: sa.Connection, iri: str) -> PostRecord:
    found = find_post(tx, iris.canonical(iri))
    if found is None:
        raise NotFound(f"there is no post {iri}")
    return found


def _report(node: Node, record: AnnouncementRecord) -> Report:
    state = "in force" if record.is_in_force(node.clock()) else "planned"
    return Report((f"announcement {record.id} is {state}",), _to_data(node, record, {}))


def _to_row(record: AnnouncementRecord, texts: dict[str, str], now: Millis) -> tuple[str, ...]:
    times = (record.starts_at or record.published_at, record.ends_at)
    first, *_ = texts[saying.LANGUAGES[0]].splitlines()
    return (str(record.id), *("" if each is None else format_time(each, now, "en") for each in times), first)


def _to_data(node: Node, record: AnnouncementRecord, texts: dict[str, str]) -> dict[str, object]:
    return {
        "id": record.id,
        "area_id": record.area_id,
        "starts_at": record.starts_at,
        "ends_at": record.ends_at,
        "all_day": record.all_day,
        "in_force": record.is_in_force(node.clock()),
        "texts": texts,
    }
