"""Timelines for everyone: areas of this node, all that is known, tags; and what never stands in them."""

from dataclasses import replace
from typing import Any

import pytest

from actors.records import ActorRecord
from actors.tables import mutes
from areas.reading import public
from areas.reading.public import Tags
from areas.reading.slices import FIRST, Slice
from areas.records import AreaRecord
from federation.vocabulary import Attachment, Hashtag, Iri
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio
PICTURE = (Attachment("Image", Iri("https://q.test/1.png")),)


async def local(town: Town, reader: ActorRecord | None, wanted: Slice = FIRST) -> list[str]:
    page = await town.do(public.local, None if reader is None else town.reader(reader), wanted)
    return await town.texts(reader, page)


async def known(town: Town, reader: ActorRecord | None, **how: Any) -> list[str]:
    page = await town.do(public.known, None if reader is None else town.reader(reader), **how)
    return await town.texts(reader, page)


async def tagged(town: Town, reader: ActorRecord | None, *names: str, **more: Any) -> list[str]:
    how = {key: more.pop(key) for key in ("origin", "only_media") if key in more}
    tags = Tags(names, **more)
    page = await town.do(public.tagged, None if reader is None else town.reader(reader), tags, **how)
    return await town.texts(reader, page)


async def test_local_is_what_the_areas_accepted_signed_in_of_those_one_follows(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    other = await town.area("kashiwagi")
    await town.follow(hanako, area)
    await town.send(bob, town.note(bob, "here", cc=(area.iri,)))
    town.pass_time()
    await town.send(bob, town.note(bob, "there", cc=(other.iri,)))
    await town.publish(hanako, "nowhere")
    assert await local(town, None) == ["kashiwagi: there", "megumino: here"]
    assert await local(town, hanako) == ["megumino: here"]


async def test_a_post_in_several_areas_stands_once_where_the_first_put_it(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    """Of those that the reader follows: for who follows the second alone it stands there."""
    strict = await town.area("shimamatsu", policy="review")
    await town.send(bob, town.note(bob, "both", cc=(area.iri, strict.iri)))
    for number in range(45):  # further apart than any window
        town.pass_time()
        await town.send(bob, town.note(bob, f"n{number}", cc=(area.iri,)))
    await town.decide("approve", (await town.placements("https://q.test/notes/both"))["shimamatsu"])
    await town.follow(hanako, strict)
    everyone = await local(town, None, Slice(limit=80))
    assert "shimamatsu: both" not in everyone
    assert everyone.count("megumino: both") == 1
    assert await local(town, hanako) == ["shimamatsu: both"]


async def test_replies_unlisted_and_private_posts_stand_in_no_public_timeline(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    root, _ = await town.publish(hanako, "root #t", area)
    await town.publish(hanako, "reply #t", in_reply_to=root.iri)
    await town.publish(hanako, "unlisted #t", area, visibility="unlisted")
    await town.publish(hanako, "private #t", visibility="private")
    await town.follow(hanako, area)
    for reader in (None, hanako):
        assert len(await local(town, reader)) == 1
        assert len(await known(town, reader)) == 1
        assert len(await tagged(town, reader, "t")) == 2, "replies bear tags too"


async def test_what_an_area_refused_stands_nowhere_unless_another_took_it(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    strict = await town.area("shimamatsu", policy="review")
    tags = (Hashtag("t"),)
    await town.send(bob, replace(town.note(bob, "refused", cc=(strict.iri,)), tags=tags))
    town.pass_time()
    await town.send(bob, replace(town.note(bob, "taken", cc=(strict.iri, area.iri)), tags=tags))
    for slug in ("refused", "taken"):
        placement = (await town.placements(f"https://q.test/notes/{slug}"))["shimamatsu"]
        await town.decide("refuse", placement, reason="no")
    for reader in (None, hanako):
        assert await known(town, reader) == ["taken"]
        assert await tagged(town, reader, "t") == ["taken"]


async def test_nothing_of_the_limited_and_of_whom_the_reader_mutes(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    await town.follow(hanako, area)
    for author in (alice, bob):
        await town.send(
            author, replace(town.note(author, author.username, cc=(area.iri,)), tags=(Hashtag("t"),))
        )
        town.pass_time()
    await town.insert(mutes, actor_id=hanako.id, target_id=bob.id, created_at=town.now)
    assert await known(town, None) == ["bob", "alice"]
    assert await known(town, hanako) == ["alice"]
    assert await tagged(town, hanako, "t") == ["alice"]
    assert await local(town, hanako) == ["megumino: alice"]
    await town.judge(alice, "limited")
    assert await known(town, None) == ["bob"]
    assert await local(town, None) == ["megumino: bob"]
    assert await tagged(town, None, "t") == ["bob"]


async def test_known_posts_by_where_they_are_from_and_what_hangs_on_them(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    await town.publish(hanako, "ours", area)
    town.pass_time()
    await town.send(bob, replace(town.note(bob, "theirs", cc=(area.iri,)), attachments=PICTURE))
    assert await known(town, None, origin="local") == ["ours"]
    assert await known(town, None, origin="remote") == ["theirs"]
    assert await known(town, None, only_media=True) == ["theirs"]


async def test_tags_in_any_spelling_and_together(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    for slug, names in (("a", ("Yuki",)), ("b", ("Yuki", "kaze")), ("c", ("kaze",)), ("d", ("ame",))):
        town.pass_time()
        note = town.note(bob, slug, cc=(area.iri,))
        await town.send(bob, replace(note, tags=tuple(Hashtag(name) for name in names), attachments=PICTURE))
    town.pass_time()
    await town.publish(hanako, "e #ＹＵＫＩ")
    assert (await tagged(town, None, "yuki"))[1:] == ["b", "a"]
    assert await tagged(town, None, "#YUKI", origin="remote") == ["b", "a"]
    assert await tagged(town, None, "yuki", all_of=("kaze",)) == ["b"]
    assert await tagged(town, None, "yuki", none_of=("kaze",), only_media=True) == ["a"]
    assert await tagged(town, None, "ame", "kaze") == ["d", "c", "b"]
    assert await tagged(town, None, "none") == []


async def test_public_pages_meet_both_ways(town: Town, area: AreaRecord, bob: ActorRecord) -> None:
    for number in range(7):
        town.pass_time()
        await town.send(bob, town.note(bob, f"n{number}", cc=(area.iri,)))
    first = await town.do(public.known, None, Slice(limit=3))
    assert await town.texts(None, first) == ["n6", "n5", "n4"]
    second = await town.do(public.known, None, Slice(limit=3, before=first.older))
    third = await town.do(public.known, None, Slice(limit=3, before=second.older))
    assert await town.texts(None, third) == ["n0"]
    assert third.older is None
    back = await town.do(public.known, None, Slice(limit=3, after=second.items[-1].position, upwards=True))
    assert await town.texts(None, back) == ["n4", "n3", "n2"]
