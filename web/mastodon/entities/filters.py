"""`Filter`, as API v2 has it and as v1 had it: a filter for each word; what of a filter applies to a post."""

from areas.filters.matching import Filter, Keyword, Match
from areas.filters.stored import ListedPost
from web.mastodon.entities.frame import Json
from web.mastodon.times import write_time

_SHOWN_ACTIONS = {"warn": "warn", "hide": "hide", "blur": "warn"}
"""Ice Cubes knows two: a `blur` would break its list of filters, and every timeline that one applies to."""


def filter_v2(found: Filter, posts: tuple[ListedPost, ...]) -> Json:
    """`Filter` of API v2."""
    return {
        **_head(found),
        "keywords": [keyword(each) for each in found.keywords],
        "statuses": [listed_post(each) for each in posts],
    }


def _head(found: Filter) -> Json:
    return {
        "id": str(found.id),
        "title": found.title,
        "context": list(found.contexts),
        "expires_at": None if found.expires_at is None else write_time(found.expires_at),
        "filter_action": _SHOWN_ACTIONS[found.action],
    }


def keyword(found: Keyword) -> Json:
    """`FilterKeyword`."""
    return {"id": str(found.id), "keyword": found.keyword, "whole_word": found.whole_word}


def listed_post(found: ListedPost) -> Json:
    """`FilterStatus`."""
    return {"id": str(found.id), "status_id": str(found.post_id)}


def filter_v1(found: Filter, word: Keyword) -> Json:
    """`V1::Filter`: its id is that of the word."""
    return {
        "id": str(word.id),
        "phrase": word.keyword,
        "context": list(found.contexts),
        "whole_word": word.whole_word,
        "expires_at": None if found.expires_at is None else write_time(found.expires_at),
        "irreversible": found.action == "hide",
    }


def result(match: Match, post_id: int) -> Json:
    """`FilterResult`: why a post is to be hidden, or shown behind a warning."""
    return {
        "filter": _head(match.filter),
        "keyword_matches": list(match.keywords) or None,
        "status_matches": [str(post_id)] if match.is_listed else None,
    }
