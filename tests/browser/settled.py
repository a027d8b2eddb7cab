"""A town in which there is something on every page, and the address of every page of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote

import sqlalchemy as sa

from actors.accounts import create_account, find_account, link_actor, parse_email
from actors.oauth.apps import OUT_OF_BAND
from actors.records import ActorRecord
from actors.signin import mail_codes, sessions
from actors.signin.mail_codes import Asked
from areas import compose, interactions, registry, reports
from areas.compose import unfinished
from areas.compose.unfinished import Unfinished
from areas.kinds import places
from areas.media.records import Details
from areas.placements import find_placement
from areas.records import AreaRecord, Draft, PostRecord, Revision
from areas.zones import agreements, signals
from areas.zones.records import Terms
from federation.vocabulary import Block, Iri, Millis
from tests.testrig import pictures
from tests.testrig.people import meet
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, authorize_path, read_mail, register, sign_up
from web.accounts import exporting
from web.accounts.unsubscribing import make_token
from web.cli import run_command

DAY: Final = 24 * 3_600_000
TARO: Final = "taro@mail.example"
NEW: Final = "new@mail.example"
"""Of who has signed in and is nobody yet."""
DETAILS: Final[Mapping[str, Mapping[str, str]]] = {
    "question": {},
    "give": {"item": "ベビーベッド"},
    "ask": {"item": "雪かきの道具"},
    "review": {"place": "喫茶ひまわり", "address": "恵み野西3丁目"},
    "event": {"title": "花の散歩", "starts": "2026-12-05T10:00", "place": "恵み野駅前", "capacity": "20"},
    "notice": {"last_day": "2026-12-31"},
}
"""What is typed into the fields of each kind of posts."""
WORDS: Final = "駅から歩いて5分のところです。 #花 日曜の朝10時に集まります。長ぐつで来てください。"


@dataclass
class Settled:
    """Who lives here: Hanako looks after everything and writes for a desk too, Taro lives here, Alice elsewhere.

    `posts` by kind; `pages` by the path of the route, each address at which there is something else to see.
    """

    town: Town
    area: AreaRecord
    hanako: ActorRecord
    taro: ActorRecord
    desk: ActorRecord
    alice: ActorRecord
    posts: dict[str, PostRecord] = field(default_factory=dict)
    pages: dict[str, tuple[str, ...]] = field(default_factory=dict)


async def settle(town: Town) -> Settled:
    """Fill a new town."""
    area = await town.area("megumino")
    hanako, taro = await sign_up(town), await sign_up(town, "taro", TARO)
    desk = await town.person("eniwa_koho", "official")
    settled = Settled(town, area, hanako, taro, desk, await town.write(meet))
    await town.write(_appoint, settled)
    for kind in ("", *DETAILS):
        author = desk if kind == "notice" else taro if kind == "" else hanako
        settled.posts[kind] = await write(settled, author, kind)
    await _talk(settled)
    settled.pages.update(await _list_pages(settled))
    return settled


def _appoint(tx: sa.Connection, settled: Settled) -> None:
    now, vault = settled.town.clock(), settled.town.node.vault
    account = find_account(tx, vault, ADDRESS)
    assert account is not None
    link_actor(tx, account_id=account.id, actor_id=settled.desk.id, role="staff", now=now)
    for each in (settled.hanako, settled.taro):
        interactions.join(tx, each, settled.area, now, home=True)
    for area_id in (None, settled.area.actor_id):
        role = "admin" if area_id is None else "designer"
        registry.grant_role(tx, settled.hanako.id, role, area_id=area_id, until=None, now=now)


async def write(settled: Settled, author: ActorRecord, kind: str) -> PostRecord:
    """A post of a kind ('' = an ordinary one); two of them have a photo."""
    town = settled.town
    draft = Draft(author.id, WORDS, (settled.area.actor_id,))
    if kind in {"", "give"}:
        with town.node.library.sandbox.open_file() as file:
            file.write(pictures.jpeg(640, 480))
            photo = await town.node.library.take(file, author.id, details=Details("赤い花"))
        draft = replace(draft, media_ids=(photo.id,))
    if kind:
        draft = replace(draft, kind=kind, details=DETAILS[kind])
    post, _ = await town.write(compose.publish, draft, town.clock())
    found: PostRecord = post
    return found


async def _talk(settled: Settled) -> None:
    """Answers, applications, what is announced, what waits, what is reported, what is shut out."""
    town, posts, hanako, taro = settled.town, settled.posts, settled.hanako, settled.taro
    for kind in ("question", "notice"):
        await town.post(taro, "第2金曜日です。", reply_to=posts[kind].iri)
    for kind in ("give", "ask", "event"):
        await town.write(interactions.respond, taro, posts[kind].id, "お願いします。", kind, town.clock())
    await town.write(compose.edit, posts[""].id, Revision(text=f"{WORDS} 書きかえました。"), town.clock())
    await town.post(taro, "@hanako こんにちは")
    await town.write(interactions.mute, hanako, settled.alice, town.clock())
    said = {"text": "大雨警報が出ています。", "area": "megumino", "by": "eniwa_koho"}
    await run_command(
        town.node, "announcement create", {**said, "post": posts["notice"].iri, "ends": town.clock() + DAY}
    )
    await town.write(_complain, settled)
    waiting = await town.area("asabu", policy="review")
    settled.posts["held"], _ = await town.post(taro, "載せてください。", waiting)


def _complain(tx: sa.Connection, settled: Settled) -> None:
    """A report, and a warning about a server from an area that has agreed with ours."""
    now, group = settled.town.clock(), meet(tx, "eniwa", "e.test", type="Group", name="恵庭の町")
    reports.file(tx, actor=None, iri=None, objects=[settled.area.iri], text="宣伝です。", now=now)
    asked = agreements.ask(tx, settled.area, group, Terms(None), now)
    agreements.answered(tx, asked.iri, "accept", now)
    until = Millis(now + 30 * DAY)
    block = Block(Iri(f"{group.iri}/blocks/1"), group.iri, object=Iri("https://spam.example/"), until=until)
    assert signals.hear(tx, group, replace(block, summary="宣伝ばかり"), now) is None


async def open_session(town: Town, address: str) -> str:
    """The cookie of who is signed in; who has no account gets one."""

    def start(tx: sa.Connection) -> str:
        account = create_account(tx, town.node.vault, address, town.clock())
        return sessions.start_session(tx, town.node.vault, account.id, browser="Chrome", now=town.clock())[1]

    found: str = await town.write(start)
    return found


async def _list_pages(settled: Settled) -> dict[str, tuple[str, ...]]:
    town, posts = settled.town, settled.posts
    address = f"{town.node.settings.base_url}/posts/{posts[''].id}"
    account = await town.read(find_account, town.node.vault, ADDRESS)
    left = Unfinished(
        "k", settled.hanako.id, {"text": "書きかけ", "kind": "give", "key": "k"}, (), "", town.clock()
    )
    await town.write(unfinished.keep, account.id, left)
    asked = Asked(parse_email(ADDRESS), "/home", "ja")
    handle = await town.write(mail_codes.ask_code, town.node.vault, asked, town.clock())
    _, mailed = await read_mail(town)
    app, _ = await register(town, OUT_OF_BAND)
    place = await town.write(
        places.find_or_add, "喫茶ひまわり", "恵み野西3丁目", settled.area.actor_id, town.clock()
    )
    (report,) = await town.read(lambda tx: [each.id for each in reports.list_reports(tx)])
    waiting = await town.read(registry.find_area_by_name, "asabu")
    held = await town.read(find_placement, waiting.actor_id, posts["held"].id)
    ids = [each.id for kind, each in posts.items() if kind != "held"]
    give, own = posts["give"].id, posts["question"].id
    names = exporting.TABLES
    return {
        "/": ("/",),
        "/actor": ("/actor",),
        "/areas/{username}": (
            "/areas/megumino",
            "/areas/asabu",
            *(f"/areas/megumino?show={show}" for show in ("notice", "offers", "photos")),
        ),
        "/people/{username}": ("/people/taro", "/people/hanako", "/people/eniwa_koho"),
        "/areas/{username}/follow": ("/areas/megumino/follow",),
        "/people/{username}/follow": ("/people/taro/follow",),
        "/posts/{post_id:int}": tuple(f"/posts/{each}" for each in ids),
        "/threads/{post_id:int}": (f"/threads/{own}",),
        "/authorize_interaction": (f"/authorize_interaction?uri={quote(address, '')}",),
        "/report": ("/report", "/report?done=1", f"/report?uri={quote(address, '')}"),
        "/status/{token}": (f"/status/{held.token}",),
        "/write": (
            *(f"/write?kind={kind}&key=new" for kind in ("", *DETAILS)),
            "/write?key=k",
            f"/write?reply={own}&key=new",
            f"/write?to={settled.taro.id}&key=new",
        ),
        "/drafts": ("/drafts",),
        "/drafts/drop": ("/drafts/drop?key=k",),
        "/posts/{post_id:int}/edit": tuple(f"/posts/{posts[kind].id}/edit" for kind in ("give", "event")),
        "/posts/{post_id:int}/delete": (f"/posts/{give}/delete",),
        "/posts/{post_id:int}/history": (f"/posts/{posts[''].id}/history",),
        "/places/{place_id:int}": (f"/places/{place}",),
        "/desk/held": ("/desk/held",),
        "/desk/reports": ("/desk/reports",),
        "/desk/reports/{report_id:int}": (f"/desk/reports/{report}",),
        "/desk/warnings": ("/desk/warnings",),
        "/notifications": ("/notifications",),
        "/promise": ("/promise",),
        "/offline": ("/offline",),
        "/towns": ("/towns", "/towns?prefecture=1", "/towns?code=012319", "/towns?q=061-1448"),
        "/search": ("/search", "/search?q=花", "/search?q=taro", "/search?q=なし"),
        "/tags/{name}": ("/tags/花", "/tags/なし"),
        "/home": ("/home",),
        "/accounts/{actor_id:int}": (f"/accounts/{settled.alice.id}",),
        "/sign-in": ("/sign-in", "/sign-in?again=1"),
        "/sign-in/code/{handle}": (
            f"/sign-in/code/{handle}",
            f"/sign-in/code/{handle}?new=1",
            "/sign-in/code/over",
        ),
        "/sign-in/mail/{token}": (mailed, "/sign-in/mail/over"),
        "/sign-up": ("/sign-up", f"/sign-up?area={settled.area.actor_id}"),
        "/sign-up/profile": ("/sign-up/profile",),
        "/account": ("/account",),
        "/settings/profile": ("/settings/profile",),
        "/settings/mail": ("/settings/mail",),
        "/mails/end/{token}": (f"/mails/end/{make_token(town.node.vault, account.id)}",),
        "/settings/export": ("/settings/export",),
        "/settings/leave": ("/settings/leave",),
        "/settings/move": ("/settings/move",),
        "/settings/shutting": ("/settings/shutting",),
        "/account/password": ("/account/password",),
        "/oauth/authorize": (authorize_path(app), "/oauth/authorize?client_id=nobody"),
        # What is no page is opened all the same.
        "/service-worker.js": ("/service-worker.js",),
        "/manifest.webmanifest": ("/manifest.webmanifest",),
        "/areas/{username}/feed.atom": ("/areas/megumino/feed.atom", "/areas/megumino/feed.atom?show=event"),
        "/areas/{username}/calendar.ics": ("/areas/megumino/calendar.ics",),
        "/posts/{post_id:int}/event.ics": (f"/posts/{posts['event'].id}/event.ics",),
        "/areas/{username}/qr.svg": ("/areas/megumino/qr.svg",),
        "/settings/export/actor.json": ("/settings/export/actor.json",),
        "/settings/export/posts.{kind}": ("/settings/export/posts.csv", "/settings/export/posts.json"),
        "/settings/export/lists/{name}.csv": tuple(f"/settings/export/lists/{name}.csv" for name in names),
        "/healthz": ("/healthz",),
        "/health": ("/health",),
        "/readyz": ("/readyz",),
        "": ("/nothing",),
    }
