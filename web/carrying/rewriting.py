"""Numbers inside of texts: what a draft, a sheet or the key of a group names gets the numbers of this node.

Nothing may be seen by more people than it was written for: where the area that it is for stays behind, a draft that
waits is kept with the reason, and published by nobody but its author.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, Final

Row = dict[str, Any]
Find = Callable[[str], Mapping[int, int]]
"""By table: the numbers there, and here."""
AREA_STAYS: Final = "the area that it was written for did not move to this server with its author"
NOTHING: Final = "0"
"""What is shown as not there any more."""
_PICTURE: Final = "picture_"


def rewrite_scheduled(row: Row, find: Find) -> Row:
    """A post that waits for its time (`areas.compose.scheduling`)."""
    draft = json.loads(row["draft"])
    groups, wanted = find("areas"), draft["area_ids"]
    kept = [groups[each] for each in wanted if each in groups]
    changed: dict[str, Any] = {
        "author_id": find("actors").get(draft["author_id"]),
        "account_id": find("accounts").get(draft["account_id"]),
        "app_id": None,
        "area_ids": kept,
        "members_of": groups.get(draft["members_of"]),
        "media_ids": _rename(find("media"), draft["media_ids"]),
    }
    if draft["members_of"] is not None and changed["members_of"] is None:
        changed["visibility"] = "direct"
    is_whole = len(kept) == len(wanted) and (draft["members_of"] is None) == (changed["members_of"] is None)
    failure = row["failure"] if is_whole else row["failure"] or AREA_STAYS
    return {**row, "draft": json.dumps(draft | changed), "failure": failure}


def rewrite_unfinished(row: Row, find: Find) -> Row:
    """A sheet that was left (`web.pages.writing.sheets.write_fields`)."""
    fields: dict[str, str] = json.loads(row["fields"])
    for name, table in (("area", "areas"), ("speaker", "actors")):
        fields |= _rename_field(fields, name, find(table), "")
    for name in ("reply", "edit"):
        fields |= _rename_field(fields, name, find("posts"), NOTHING)
    for name in [each for each in fields if each.startswith(_PICTURE)]:
        fields |= _rename_field(fields, name, find("media"), "")
    media_ids = json.dumps(_rename(find("media"), json.loads(row["media_ids"])))
    return {**row, "fields": json.dumps(fields, ensure_ascii=False), "media_ids": media_ids}


def rewrite_notification(row: Row, _find: Find) -> Row:
    """Its group is named by kind, post and time (`areas.notifications.ringing`); the post here by `post_id`."""
    if row["group_key"] is None or row["post_id"] is None:
        return row
    kind, _, rest = row["group_key"].partition("-")
    return {**row, "group_key": f"{kind}-{row['post_id']}-{rest.rpartition('-')[2]}"}


def rewrite_marker(row: Row, find: Find) -> Row:
    """How far notifications were read; places in timelines are times, and the same on every node."""
    if row["timeline"] != "notifications":
        return row
    return {**row, "last_read_id": find_latest(find("notifications"), row["last_read_id"])}


def find_latest(known: Mapping[int, int], number: int) -> int:
    """Return the number here of the newest row that was no newer there than `number`; 0 = of none. Orders are kept."""
    ordered = sorted(known)
    place = bisect_right(ordered, number)
    return known[ordered[place - 1]] if place else 0


def _rename(known: Mapping[int, int], numbers: "list[int]") -> list[int]:
    return [known[each] for each in numbers if each in known]


def _rename_field(fields: Mapping[str, str], name: str, known: Mapping[int, int], without: str) -> Row:
    """The field with the number of this node, or `without`."""
    old = fields.get(name, "")
    if not old:
        return {}
    return {name: str(known.get(int(old), "")) or without}
