"""Faults as answers: the status of each, the two forms, and nothing of what is only for our log."""

import pytest
from starlette.requests import Request

from federation import errors
from federation.errors import Fault, MalformedDocument, Overloaded, TooOften, Unreachable
from web.errors import RETRY_SECONDS, handlers, problem, status_of
from web.visits import SCOPE_KEY, Visit

pytestmark = pytest.mark.anyio
SECRET = "psycopg: password of town@10.0.0.5 is wrong"


def make_request(path: str = "/inbox", method: str = "POST") -> Request:
    return Request(
        {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(b"accept", b"text/html")],
            "server": ("town.example", 443),
            "scheme": "https",
            SCOPE_KEY: Visit(None, ""),
        }
    )


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (MalformedDocument("x"), 400),
        (errors.SignatureRejected("x"), 401),
        (errors.Unauthorized("x"), 403),
        (errors.Gone("x"), 410),
        (Unreachable("x"), 502),
        (errors.Refused("x"), 422),
        (errors.NotFound("x"), 404),
        (Overloaded("x"), 503),
        (TooOften("x"), 429),
        (Fault("x"), 500),
    ],
)
def test_every_fault_has_its_status(fault: Fault, status: int) -> None:
    assert status_of(fault) == status


async def test_what_a_database_cannot_do_now_is_503_elsewhere_and_429_at_an_inbox() -> None:
    """Takahē takes a 5xx for delivered."""
    for fault in (Overloaded("locked", retry_after=7), Fault("a fault without a status of its own")):
        response = await handlers()[Fault](make_request("/areas/megumino/inbox"), fault)
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) > 0
    response = await handlers()[Fault](make_request("/report"), Overloaded("locked", retry_after=7))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("path", "status"), [("/inbox", 429), ("/nodeinfo/2.1", 503), ("/api/v1/lists", 503)]
)
async def test_what_is_for_our_log_stays_there(path: str, status: int) -> None:
    response = await handlers()[Fault](make_request(path), Overloaded(SECRET, retry_after=7))
    assert response.status_code == status
    assert response.headers["retry-after"] == "7"
    assert SECRET.encode() not in response.body


async def test_an_inbox_answers_a_bug_with_later() -> None:
    """And on another connection: this one is dropped after the answer, and senders may knock twice at once."""
    response = await handlers()[Exception](make_request(), RuntimeError(SECRET))
    assert response.status_code == 429
    assert response.headers["retry-after"] == str(RETRY_SECONDS)
    assert response.headers["connection"] == "close"
    assert SECRET.encode() not in response.body


async def test_elsewhere_a_bug_is_said_without_a_trace() -> None:
    request = make_request("/nodeinfo/2.1", "GET")
    response = await handlers()[Exception](request, RuntimeError(SECRET))
    assert response.status_code == 500
    assert response.headers["connection"] == "close"
    assert response.media_type == "application/problem+json"
    assert SECRET.encode() not in response.body


def test_problems_are_problem_details() -> None:
    response = problem(499, "x")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert response.body == b'{"type":"about:blank","title":"Error","status":499,"detail":"x"}'
