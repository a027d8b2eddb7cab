"""Kinds of posts beside the ordinary one: what each says beside its text, its states, and who may change them.

One file per kind. On the wire each is a `Note` whose text carries everything; programs that know more find it in
further properties. `areas.compose` stores what a kind says with the post, `areas.interactions` takes the steps.
"""

from areas.kinds.kind import Facts, Kind, Occasion, Unfit
from areas.kinds.registry import KINDS, choose, find_kind, kind_by_tags
from areas.kinds.stored import extend, find, load, move, revise, save

__all__ = [
    "KINDS",
    "Facts",
    "Kind",
    "Occasion",
    "Unfit",
    "choose",
    "extend",
    "find",
    "find_kind",
    "kind_by_tags",
    "load",
    "move",
    "revise",
    "save",
]
