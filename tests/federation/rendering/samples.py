"""Facts of a small town, from which every document that we author is built."""

from dataclasses import replace
from pathlib import Path

from federation import rendering
from federation.rendering import ActorFacts, Document, NoteFacts, Picture, Proposal
from federation.vocabulary import (
    PUBLIC,
    Alert,
    Attachment,
    Hashtag,
    Iri,
    Locality,
    Mention,
    Millis,
    Peering,
    Place,
    PollOption,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "kairanban"
TOWN = "https://town.example"
NODE = Iri(f"{TOWN}/actor")
AREA = Iri(f"{TOWN}/areas/megumino")
DESK = Iri(f"{TOWN}/actors/megumino_desk")
HANAKO = Iri(f"{TOWN}/actors/hanako")
ALERTS = Iri(f"{TOWN}/actors/eniwa_alert")
REMOTE = Iri("https://peer.example/users/taro")
REMOTE_NOTE = Iri("https://peer.example/notes/1")
ZONE = Iri("https://zone.example/areas/sapporo_ken")
FOLLOWERS = Iri(f"{AREA}/followers")
NOTE = Iri(f"{HANAKO}/posts/1")
THEN = Millis(1_795_316_645_000)
LATER = Millis(1_795_316_705_500)
PEM = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"


def actor_facts(iri: Iri, kind: str, username: str, name: str) -> ActorFacts:
    return ActorFacts(
        id=iri,
        type=kind,
        username=username,
        name=name,
        summary=f"<p>{name}</p>",
        url=iri,
        inbox=Iri(f"{iri}/inbox"),
        outbox=Iri(f"{iri}/outbox"),
        followers=Iri(f"{iri}/followers"),
        following=Iri(f"{iri}/following"),
        shared_inbox=Iri(f"{TOWN}/inbox"),
        node=NODE,
        key_id=Iri(f"{iri}#main-key"),
        key_pem=PEM,
        proof_key_id=Iri(f"{iri}#ed25519-key"),
        proof_key="z6MkexampleexampleexampleexampleexampleExample",
        published=THEN,
        updated=LATER,
    )


def area_facts() -> ActorFacts:
    return replace(
        actor_facts(AREA, "Group", "megumino", "恵み野（エリア）"),
        summary="<p>@megumino@town.example に公開投稿でメンションすると投稿できます。</p>",
        featured=Iri(f"{AREA}/featured"),
        moderators=Iri(f"{AREA}/moderators"),
        locked=True,
        languages=(("ja", "日本語"),),
        icon=Picture(Iri(f"{TOWN}/media/icon.png"), "image/png"),
        image=Picture(Iri(f"{TOWN}/media/header.jpg"), "image/jpeg"),
        location=Locality("北海道恵庭市恵み野", "北海道", "恵庭市", 42.9, 141.58),
        fields=(
            (
                "投稿のしかた",
                f'<a href="{AREA}/about" rel="nofollow noopener">town.example/areas/megumino/about</a>',
            ),
            ("通報・相談", "@megumino_desk@town.example"),
        ),
        also_known_as=(Iri("https://old.example/areas/megumino"),),
    )


def note_facts() -> NoteFacts:
    return NoteFacts(
        id=NOTE,
        attributed_to=HANAKO,
        content="<p>駅前の除雪が入りました。通れます。</p>",
        published=THEN,
        to=(PUBLIC, AREA),
        cc=(Iri(f"{HANAKO}/followers"),),
        audience=AREA,
        context=Iri(f"{TOWN}/threads/1"),
        url=NOTE,
        language="ja",
        tags=(
            Mention(AREA, "@megumino@town.example"),
            Hashtag("除雪", Iri(f"{TOWN}/tags/%E9%99%A4%E9%9B%AA")),
        ),
        replies=Iri(f"{NOTE}/replies"),
    )


def full_facts() -> NoteFacts:
    return replace(
        note_facts(),
        in_reply_to=REMOTE_NOTE,
        updated=LATER,
        summary="雪の写真",
        sensitive=True,
        translations=(("en", "<p>The snow is cleared.</p>"),),
        attachments=(
            Attachment(
                "Image",
                Iri(f"{TOWN}/media/1.jpg"),
                "image/jpeg",
                "駅前",
                640,
                480,
                "UEHV6nWB2yk8",
                (0.25, -0.5),
            ),
            Attachment("Video", Iri(f"{TOWN}/media/2.mp4"), "video/mp4"),
            Attachment("Link", Iri("https://city.example/"), name="市のページ"),
        ),
        first_replies=(REMOTE_NOTE,),
        next_replies=Iri(f"{NOTE}/replies?page=2"),
        location=Place(Iri(f"{TOWN}/places/1"), "恵み野駅", "恵庭市恵み野", 42.9, 141.58),
        end_time=LATER,
    )


def act(name: str) -> Iri:
    return Iri(f"{AREA}/activities/{name}")


def ban() -> Document:
    return rendering.block(
        act("ban"),
        actor=DESK,
        object_iri=REMOTE,
        to=(PUBLIC,),
        cc=(AREA,),
        target=AREA,
        summary="宣伝のため",
        until=LATER,
    )


def removal() -> Document:
    return rendering.delete(
        act("removal"),
        actor=DESK,
        object_iri=REMOTE_NOTE,
        published=LATER,
        summary="宣伝のため",
        cc=(AREA,),
        audience=AREA,
    )


def locked() -> Document:
    return rendering.lock(
        act("lock"), actor=DESK, object_iri=REMOTE_NOTE, area=AREA, summary="話が済んだため"
    )


WRAPPED = (
    *(
        "create",
        "update-note",
        "delete",
        "remove-by-moderator",
        "undo-removal",
        "lock",
        "undo-lock",
        "block-by-moderator",
    ),
    *("undo-block-by-moderator", "add-by-desk", "remove", "update-group-by-desk"),
)
"""What an area passes on in the activity dialect, by the golden file of the activity inside."""


def build_wrapped(name: str) -> bytes:
    """The area's Announce of an activity, which is in it byte for byte."""
    return rendering.wrap(
        act(f"wrapped-{name}"),
        actor=AREA,
        followers=FOLLOWERS,
        inner=rendering.render(build_all()[name]),
        published=LATER,
    )


def build_all() -> dict[str, Document]:
    """Every kind of document that we author, by the name of its golden file."""
    note, area = rendering.note(note_facts()), rendering.actor_document(area_facts())
    resident = rendering.actor_document(actor_facts(HANAKO, "Person", "hanako", "花子"))
    options = (PollOption("朝", 3), PollOption("夜"))
    follow = rendering.follow(act("follow"), actor=AREA, object_iri=ZONE)
    peering = Peering(ZONE, ("event", "alert"), 20, LATER)
    return {
        "group": area,
        "person": resident,
        "service": rendering.actor_document(actor_facts(DESK, "Service", "megumino_desk", "恵み野の窓口")),
        "application": rendering.actor_document(
            actor_facts(NODE, "Application", "town.example", "town.example")
        ),
        "note": note,
        "note-full": rendering.note(full_facts()),
        "note-give": rendering.note(replace(note_facts(), proposal=Proposal("offer"))),
        "note-given": rendering.note(replace(note_facts(), proposal=Proposal("offer", 0), end_time=LATER)),
        "note-answered": rendering.note(replace(note_facts(), answer=REMOTE_NOTE)),
        "note-alert": rendering.note(
            replace(
                note_facts(), attributed_to=ALERTS, alert=Alert(4, "heavyRain", ("012319",), LATER), tags=()
            )
        ),
        "question": rendering.question(
            replace(note_facts(), end_time=LATER), options, multiple=False, voters=3
        ),
        "vote": rendering.vote(
            act("vote"), actor=HANAKO, question_iri=REMOTE_NOTE, author=REMOTE, name="朝", published=THEN
        ),
        "tombstone": rendering.tombstone(NOTE, "Note", LATER),
        "create": rendering.create(act("create"), note),
        "update-note": rendering.update(act("update"), rendering.note(full_facts())),
        "update-group": rendering.update(act("update-group"), area, published=LATER, cc=(FOLLOWERS,)),
        "update-group-by-desk": rendering.update(
            act("update-group-by-desk"), area, actor=DESK, published=LATER, to=(PUBLIC,), cc=(AREA,)
        ),
        "undo-removal": rendering.undo(
            act("restore"), removal(), actor=DESK, to=(PUBLIC,), cc=(AREA,), audience=AREA
        ),
        "delete": rendering.delete(
            act("delete"), actor=HANAKO, object_iri=NOTE, published=LATER, cc=(FOLLOWERS,)
        ),
        "delete-actor": rendering.delete(
            act("delete-actor"), actor=HANAKO, object_iri=HANAKO, published=LATER
        ),
        "remove-by-moderator": removal(),
        "announce": rendering.announce(
            act("announce"),
            actor=AREA,
            object_iri=REMOTE_NOTE,
            published=THEN,
            followers=FOLLOWERS,
            author=REMOTE,
        ),
        "announce-of-peer": rendering.announce(
            act("announce-of-peer"),
            actor=AREA,
            object_iri=REMOTE_NOTE,
            published=THEN,
            followers=FOLLOWERS,
            author=REMOTE,
            home_group=ZONE,
        ),
        "undo-announce": rendering.undo_announce(
            act("announce/undo"),
            actor=AREA,
            announce=act("announce"),
            object_iri=REMOTE_NOTE,
            followers=FOLLOWERS,
            author=REMOTE,
        ),
        "follow": follow,
        "follow-peering": rendering.follow(act("peer"), actor=AREA, object_iri=ZONE, peering=peering),
        "undo-follow": rendering.undo(act("undo"), follow, actor=AREA, to=(ZONE,)),
        "accept": rendering.accept(
            act("accept"), actor=AREA, follow=Iri(f"{REMOTE}#follow"), follower=REMOTE
        ),
        "reject": rendering.reject(
            act("reject"), actor=AREA, follow=Iri(f"{REMOTE}#follow"), follower=REMOTE
        ),
        "block": rendering.block(act("block"), actor=AREA, object_iri=REMOTE, to=(REMOTE,)),
        "block-by-moderator": ban(),
        "undo-block-by-moderator": rendering.undo(
            act("unban"), ban(), actor=DESK, to=(PUBLIC,), cc=(AREA,), audience=AREA
        ),
        "lock": locked(),
        "undo-lock": rendering.undo(
            act("unlock"), locked(), actor=DESK, to=(PUBLIC,), cc=(AREA,), audience=AREA
        ),
        "flag": rendering.flag(
            act("flag"), actor=NODE, objects=(REMOTE, REMOTE_NOTE), text="宣伝", to=(REMOTE,)
        ),
        "flag-of-one": rendering.flag(
            act("flag1"), actor=DESK, objects=(REMOTE_NOTE,), text="宣伝", to=(ZONE,), audience=ZONE
        ),
        "accept-flag": rendering.answer_flag(
            act("answer"), kind="Accept", actor=AREA, flag=act("flag1"), reporter=ZONE, summary="削除しました"
        ),
        "reject-flag": rendering.answer_flag(
            act("answer"), kind="Reject", actor=AREA, flag=act("flag1"), reporter=ZONE
        ),
        "like": rendering.like(act("like"), actor=HANAKO, object_iri=REMOTE_NOTE, author=REMOTE),
        "add": rendering.add(act("pin"), actor=AREA, object_iri=NOTE, target=Iri(f"{AREA}/featured")),
        "remove": rendering.remove(
            act("unpin"),
            actor=DESK,
            object_iri=NOTE,
            target=Iri(f"{AREA}/featured"),
            cc=(AREA,),
            audience=AREA,
        ),
        "add-by-desk": rendering.add(
            act("pin-by-desk"),
            actor=DESK,
            object_iri=NOTE,
            target=Iri(f"{AREA}/featured"),
            cc=(AREA,),
            audience=AREA,
        ),
        "move": rendering.move(act("move"), actor=AREA, target=ZONE, followers=FOLLOWERS),
        "followers": rendering.ordered_collection(FOLLOWERS, total=190),
        "moderators": rendering.ordered_collection(Iri(f"{AREA}/moderators"), total=1, items=[DESK]),
        "outbox": rendering.ordered_collection(
            Iri(f"{AREA}/outbox"),
            total=2,
            items=[rendering.embed(note), REMOTE_NOTE],
            first=Iri(f"{AREA}/outbox?page=1"),
        ),
        "thread": rendering.ordered_collection(
            Iri(f"{TOWN}/threads/1"), total=1, items=[NOTE], attributed_to=AREA
        ),
        "page": rendering.page(
            Iri(f"{AREA}/outbox?page=1"),
            part_of=Iri(f"{AREA}/outbox"),
            items=[REMOTE_NOTE],
            following=Iri(f"{AREA}/outbox?page=2"),
            total=2,
        ),
    }
