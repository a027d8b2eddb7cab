"""Whether who acts inside a Group's `Announce` acts for the Group: its moderators do, those of another Group do not.

Who cannot be judged yet is judged once the Group's list was read.
"""

from typing import Final

import sqlalchemy as sa

from actors import moderators
from actors.follows import has_local_follower
from federation import rendering
from federation.iris import same_origin
from federation.vocabulary import Activity, Add, Announce, Block, Delete, Lock, Post, Remove, Undo
from inbox.checks import Allowed, Ignored, Verdict
from inbox.heard import Heard
from inbox.jobs.plans import plan_judgement, plan_list

NOBODY: Final = Ignored("by nobody who moderates the Group")
LATER: Final = Allowed("to be judged when the Group's moderators were read")


def is_of_list(tx: sa.Connection, heard: Heard[Announce], inner: Activity) -> bool:
    """Whether the list of moderators changes."""
    if not isinstance(inner, Add | Remove):
        return False
    collection = moderators.find_list(tx, heard.actor.id)
    return collection is not None and collection in inner.target


def read_list(tx: sa.Connection, heard: Heard[Announce]) -> Verdict:
    """What was sent may be anything: the list is read at its origin, for whoever follows the Group here."""
    if not has_local_follower(tx, heard.actor.id):
        return Ignored("nobody here follows the Group")
    plan_list(tx, heard.actor.iri, heard.now)
    return Allowed("the moderators are to be read again")


def find_objection(tx: sa.Connection, heard: Heard[Announce], inner: Activity) -> Verdict | None:
    """Why an act does not count, or not yet; None = it does. An author, and her server, may take back what is hers."""
    act = inner.object if isinstance(inner, Undo) else inner
    if not isinstance(act, Add | Block | Delete | Lock | Remove):
        return None
    if isinstance(act, Delete) and same_origin(act.object, inner.actor):
        return None
    word = moderators.find_word(tx, heard.actor, inner.actor, heard.now)
    if word == "no":
        return NOBODY
    # Of a Group that nobody here follows, and of what was read in its own outbox, its word is enough.
    if word == "yes" or not heard.activity.raw or not has_local_follower(tx, heard.actor.id):
        return None
    said = rendering.render(rendering.abridge(heard.activity.raw))
    plan_judgement(tx, heard.actor.iri, _name(act), said, heard.now)
    return LATER


def _name(act: Add | Block | Delete | Lock | Remove) -> str:
    """What it is about: of an act and its undoing that wait, the later one counts."""
    kind = "Pin" if isinstance(act, Add | Remove) else type(act).__name__
    thing = act.object.id if isinstance(act.object, Post) else act.object
    return f"{kind}:{thing if isinstance(thing, str) else ''}"
