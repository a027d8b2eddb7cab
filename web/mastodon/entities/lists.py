"""`List`: of a resident's own, and the lists that areas are."""

from areas.lists.own import ListRecord
from areas.lists.synthetic import AreaList
from web.mastodon.entities.frame import Json


def own_list(found: ListRecord) -> Json:
    """`List`."""
    return {
        "id": str(found.id),
        "title": found.title,
        "replies_policy": found.replies,
        "exclusive": found.exclusive,
    }


def area_list(found: AreaList, language: str) -> Json:
    """`List` that an area is, its title in the reader's language."""
    return {
        "id": str(found.id),
        "title": found.title(language),
        "replies_policy": "none",
        "exclusive": found.exclusive,
    }
