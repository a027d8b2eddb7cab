"""The form for reports, without an account."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from areas.reports import TEXT_LENGTH, file
from federation import iris
from federation.errors import MalformedDocument, Overloaded
from federation.vocabulary import Iri
from web.forms import clean, read_form
from web.high_water import RETRY_SECONDS
from web.node import node_of
from web.pages.rendering import link, render, text_of
from web.visits import visit_of

NO_STORE: Final = {"cache-control": "no-store"}


async def report_page(request: Request) -> Response:
    """Show the form, or that the report has arrived."""
    values = {
        "is_done": "done" in request.query_params,
        "uri": clean(request.query_params.get("uri", ""))[: iris.MAX_IRI_LENGTH],
        "text": "",
        "error": "",
    }
    return render(request, "report.html", values, headers=NO_STORE)


async def send_report(request: Request) -> Response:
    """Store a report; what is missing is said above the form, which keeps what was written."""
    form = await read_form(request)
    uri, text = form.get("uri", "").strip(), form.get("text", "").strip()[:TEXT_LENGTH]
    error = _judge(request, uri, text)
    if error:
        values = {"is_done": False, "uri": uri, "text": text, "error": error}
        return render(request, "report.html", values, status=422, headers=NO_STORE)
    node = node_of(request)
    if node.disks.full:
        raise Overloaded("a disk is almost full", retry_after=RETRY_SECONDS)
    node.report_rate.take(visit_of(request).client, node.clock())
    await node.database.write(
        lambda tx: file(tx, actor=None, iri=None, objects=[Iri(uri)], text=text, now=node.clock())
    )
    node.log.info("report", source="web")
    return RedirectResponse(link(request, "/report", done=1), 303, headers=NO_STORE)


def _judge(request: Request, uri: str, text: str) -> str:
    """What is wrong with a report, in the reader's language; empty = nothing."""
    try:
        iris.canonical(uri)
    except MalformedDocument:
        return text_of(request, "The address must begin with https:// and lead to a post or an account.")
    return "" if text else text_of(request, "Please write in a few words what is wrong.")
