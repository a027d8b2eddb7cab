"""Statuses that peers act upon."""

import pytest

from federation.errors import (
    Fault,
    Gone,
    LocalFault,
    MalformedDocument,
    Overloaded,
    SignatureRejected,
    Unauthorized,
)
from inbox.answers import ACCEPTED, REFUSED, explain


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (MalformedDocument("not a string", path="$.id"), 400),
        (SignatureRejected("no signature"), 401),
        (Gone("gone"), 401),
        (Unauthorized("blocked"), 403),
        (Overloaded("locked", retry_after=7), 429),
        (LocalFault("a surprise"), 429),
    ],
)
def test_every_fault_has_its_status_and_none_is_a_5xx(fault: Fault, status: int) -> None:
    answer = explain(fault)
    assert (answer.status, answer.body["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_malformed_document_is_told_where_and_why() -> None:
    body = explain(MalformedDocument("not a string", path="$.object.id")).body
    assert (body["path"], body["rule"]) == ("$.object.id", "not a string")


def test_an_overloaded_node_says_when_to_come_back() -> None:
    assert explain(Overloaded("locked", retry_after=7)).headers["Retry-After"] == "7"


def test_our_own_reasons_stay_in_our_log() -> None:
    assert "alice" not in str(explain(Unauthorized("alice is suspended")).body)


def test_what_is_taken_has_no_body() -> None:
    assert (ACCEPTED.status, dict(ACCEPTED.body), dict(ACCEPTED.headers)) == (202, {}, {})
    assert REFUSED.status == 403
