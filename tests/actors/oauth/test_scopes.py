import pytest

from actors.oauth.scopes import FOLLOW, SCOPES, allows, covers, parse_scopes, write_scopes


@pytest.mark.parametrize(
    ("granted", "needed", "expected"),
    [
        ("read", "read:statuses", True),
        ("read", "read", True),
        ("read:statuses", "read:statuses", True),
        ("read:statuses", "read:accounts", False),
        ("read:statuses", "read", False),
        ("read", "write:statuses", False),
        ("write", "read:statuses", False),
        ("follow", "write:follows", True),
        ("follow", "read:mutes", True),
        ("follow", "read:statuses", False),
        ("push", "read:notifications", False),
        ("profile", "read:accounts", False),
        ("", "read", False),
    ],
)
def test_what_a_token_may_do(granted: str, needed: str, expected: bool) -> None:
    assert allows(frozenset(granted.split()), needed) is expected


def test_one_of_several_scopes_is_enough() -> None:
    assert allows(frozenset({"profile"}), "profile", "read:accounts")
    assert not allows(frozenset({"push"}), "profile", "read:accounts")


@pytest.mark.parametrize(
    "text", ["admin:read", "admin:write:accounts", "read:everything", "READ", "read,write"]
)
def test_a_scope_that_does_not_exist(text: str) -> None:
    assert parse_scopes(text) is None
    assert parse_scopes(f"read {text}") is None


def test_no_scope_means_read() -> None:
    assert parse_scopes("") == parse_scopes("  ") == frozenset({"read"})


def test_written_and_read_again() -> None:
    assert parse_scopes(write_scopes(SCOPES)) == frozenset(SCOPES)
    assert write_scopes({"push", "read", "follow", "write"}) == "read write follow push"


def test_asking_for_less_or_for_more() -> None:
    granted = frozenset({"read", "write:statuses", "follow"})
    assert covers(granted, frozenset({"read:lists", "write:statuses", *FOLLOW}))
    assert not covers(granted, frozenset({"write"}))
    assert not covers(granted, frozenset({"read", "push"}))
