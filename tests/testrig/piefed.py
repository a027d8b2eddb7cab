"""PieFed as it was seen to behave, with everything by which it loses what a group sends.

It takes a group's activities only wrapped in `Announce`; drops an id that it has seen in the last 90 seconds, of the
wrapper or of what is inside; keeps no second `Create` of what it knows, deleted or not; loses a reply whose parent it
does not have, an edit of what it does not have, and whatever a `Group` or `Organization` has written. A post belongs to
the first community that brings it, and no other one removes it.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from tests.testrig.peers import Peer

WINDOW: Final = 90_000
SHUT_OUT: Final = frozenset({"Group", "Organization"})


@dataclass
class Kept:
    """What it shows of one post."""

    community: str
    author: str
    parent: str | None
    text: str
    deleted: bool = False
    locked: bool = False
    sticky: bool = False


@dataclass
class PieFed:
    """Give it to a `Peer` as its `answer`. `types` says which type an actor elsewhere has, where it is no Person."""

    peer: Peer
    kept: dict[str, Kept] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    banned: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.peer.software = "piefed"
        self.peer.answer = self

    def __call__(self, _path: str, activity: dict[str, Any]) -> int:
        """Take what is POSTed; like PieFed always with 200."""
        if activity["type"] == "Announce" and isinstance(activity["object"], dict):
            if self._is_new(activity["id"]) and self._is_new(activity["object"]["id"]):
                self._hear(activity["actor"], activity["object"])
        elif activity["type"] == "Announce":
            self.lost.append(f"{activity['id']}: not in its dialect")
        return 200

    def _is_new(self, iri: str) -> bool:
        now, before = self.peer.clock(), self.seen.get(iri)
        if before is not None and now - before < WINDOW:
            return False
        self.seen[iri] = now
        return True

    def _hear(self, community: str, inner: dict[str, Any]) -> None:
        thing = inner["object"]
        match inner["type"]:
            case "Create":
                self._create(community, thing)
            case "Update" if thing.get("content") is not None:
                self._update(thing)
            case "Delete" if self._may_remove(community, inner):
                self._mark(_id(thing), deleted=True)
            case "Delete":
                self.lost.append(f"{inner['id']}: no moderator of that community")
            case "Lock":
                self._mark(_id(thing), locked=True)
            case "Add" | "Remove":
                self._mark(_id(thing), sticky=inner["type"] == "Add")
            case "Block":
                self.banned.add(_id(thing))
            case "Undo":
                self._undo(thing)

    def _undo(self, undone: dict[str, Any]) -> None:
        if undone["type"] == "Delete":
            self._mark(_id(undone["object"]), deleted=False)
        elif undone["type"] == "Lock":
            self._mark(_id(undone["object"]), locked=False)
        elif undone["type"] == "Block":
            self.banned.discard(_id(undone["object"]))

    def _create(self, community: str, post: dict[str, Any]) -> None:
        if post["id"] in self.kept:
            return
        if self.types.get(post["attributedTo"], "Person") in SHUT_OUT:
            self.lost.append(f"{post['id']}: its author is a group")
        elif post.get("inReplyTo") not in {None, *self.kept}:
            self.lost.append(f"{post['id']}: its parent is not known")
        else:
            parent = post.get("inReplyTo")
            self.kept[post["id"]] = Kept(community, post["attributedTo"], parent, post["content"])

    def _update(self, post: dict[str, Any]) -> None:
        if post["id"] in self.kept:
            self.kept[post["id"]].text = post["content"]
        else:
            self.lost.append(f"{post['id']}: an edit of what is not known")

    def _may_remove(self, community: str, delete: dict[str, Any]) -> bool:
        kept = self.kept.get(_id(delete["object"]))
        return kept is None or kept.community == community or kept.author == delete["actor"]

    def _mark(self, iri: str, **values: bool) -> None:
        if iri not in self.kept:
            self.lost.append(f"{iri}: {values} of what is not known")
            return
        for name, value in values.items():
            setattr(self.kept[iri], name, value)

    def shown(self) -> dict[str, str]:
        """The texts that its readers see, by id."""
        return {iri: each.text for iri, each in self.kept.items() if not each.deleted}


def _id(thing: Any) -> str:
    return str(thing["id"] if isinstance(thing, dict) else thing)
