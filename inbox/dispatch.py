"""Which handler hears which activity. What is not here has no effect, and `inbox.checks` says why."""

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from federation.vocabulary import (
    Accept,
    Activity,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Like,
    Move,
    Reject,
    Remove,
    Undo,
    Update,
)
from inbox.checks import Verdict
from inbox.handlers import (
    announce,
    answer,
    block,
    create,
    delete,
    flag,
    follow,
    like,
    move,
    pin,
    undo,
    update,
)

Handler = Callable[[sa.Connection, Any], Verdict]
"""`handle(tx, heard)`, where `heard` is a `Heard` of the activity that it stands for."""

HANDLERS: Final[dict[type[Activity], Handler]] = {
    Accept: answer.handle,
    Add: pin.handle,
    Announce: announce.handle,
    Block: block.handle,
    Create: create.handle,
    Delete: delete.handle,
    Flag: flag.handle,
    Follow: follow.handle,
    Like: like.handle,
    Move: move.handle,
    Reject: answer.handle,
    Remove: pin.handle,
    Undo: undo.handle,
    Update: update.handle,
}
