"""E7, E9: what costs more to read than to write, and what people of the server's own write."""

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.markup import check_fragment, check_page, count_controls, fragment, read_api
from tests.attacks.rig.ours import article, articles, call, measure, page, sign_in, text_of
from tests.attacks.rig.peers import Actor, Json, unique
from tests.attacks.rig.server import AUTHOR

MOST_SECONDS = 0.1
SLACK = 0.2
"""For a machine that is busy with other things; without its limits the sanitiser takes whole seconds."""
TRIES = 3
"""Of which the cheapest counts: the server has other things to do as well."""
SENT = 800_000
"""Characters: nearly what an inbox takes."""
FLOODS = {
    "lists": "<ol><li>" * 7_500,
    "quotations": "<blockquote>" * (SENT // 12),
    "formatting": "<b><i>" * (SENT // 6),
    "tables": "<table><td>" * (SENT // 11),
    "open tags": "<a " * (SENT // 3),
    "brackets": "<" * SENT,
    "comments": "<!-- " * (SENT // 5),
    "references": "&" * SENT,
    "links": '<a href="https://e.test/">e.test.test' * (SENT // 38),
    "classes": '<p class="' + "h-a " * (SENT // 4) + '">',
    "accents": "<p>e" + "\u0301" * (SENT // 2),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_E07_costly_html(rig: Rig, flood: str) -> None:
    """Until it is answered it costs little more than as many plain letters; what is shown of it is short."""
    mallory = rig.e.actor(summary=flood[:90_000])
    await rig.post(mallory, mallory.create(first := mallory.note()))
    await rig.has_effect(first)
    letters = "a" * len(flood)
    usual = min([await cost_of(rig, mallory, full(mallory, letters)) for _ in range(TRIES)])
    notes = [full(mallory, flood) for _ in range(TRIES)]
    costs = [await cost_of(rig, mallory, each) for each in notes]
    note = notes[-1]
    assert min(costs) <= usual + MOST_SECONDS + SLACK, (usual, costs)
    await rig.has_effect(note)
    shown = await article(rig, note)
    assert "のはじめ" in shown.text
    assert len(shown.text) < 60_000


def full(author: Actor, flood: str) -> Json:
    """A post that has it wherever there is text."""
    text = f"<p>{unique('文')}のはじめ</p>{flood}"
    return author.note(content=text, summary=flood[:5_000], name=flood[:90_000])


async def cost_of(rig: Rig, author: Actor, note: Json) -> float:
    """Seconds of the server's time from a post to its answer; with what else it does just then."""
    request = author.signed(author.create(note))
    async with measure(rig) as cost:
        assert (await rig.send(request, via=author.peer)).status == 202
    return cost.seconds


TYPED = (
    "<script>ran()</script> <img src=x onerror=ran()> &lt;b&gt; [x](javascript:ran()) "
    'javascript:ran() <a href="//e.test/">x</a> https://e.test/"onmouseover="ran() </p></div></article> \u202e字'
)

MARKS = ("<script>ran()</script>", "<img src=x onerror=ran()>", "&lt;b&gt;", "[x](javascript:ran())")
"""What is read as it was typed."""


async def test_E09_what_local_authors_write(rig: Rig) -> None:
    """Text is text: as they typed it, on pages, for apps, and for other servers; in names and profiles too."""
    await rig.local_post(f"{unique('公園')}の花が咲きました。")  # whose first post has links has to wait
    token = await sign_in(rig, AUTHOR)
    empty = await page(rig, f"/people/{AUTHOR}")
    profile = {"note": TYPED, "display_name": "花子<b>"}
    await call(rig, token, "PATCH", "/api/v1/accounts/update_credentials", **profile)
    text = f"{unique('文')} {TYPED} @machi"
    posted = await call(rig, token, "POST", "/api/v1/statuses", status=text, spoiler_text=TYPED)
    await rig.has_effect({"id": posted["uri"]})
    document = (await rig.get(posted["uri"])).json()
    status = await read_api(rig, f"/api/v1/statuses/{posted['id']}")
    author = await read_api(rig, f"/api/v1/accounts/{posted['account']['id']}")
    for html in (document["content"], posted["content"], status["content"], author["note"]):
        check_fragment(html)
        read = text_of(fragment(html))
        assert all(each in read for each in (*MARKS, "</p></div></article>")), read
    shown = (await articles(rig, posted["uri"]))[posted["uri"]]
    assert all(each in shown.part("content") for each in (*MARKS, "</p></div></article>"))
    for path in (posted["uri"], f"/people/{AUTHOR}", rig.adapter.area, "/"):
        found = await page(rig, path)
        check_page(found)
        assert count_controls(found)["input"] <= count_controls(empty)["input"] + 1
    await call(rig, token, "PATCH", "/api/v1/accounts/update_credentials", note="", display_name="花子")
