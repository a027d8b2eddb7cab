"""E10, E11: what people write, where programs read it: feeds, and what residents take along."""

import csv
import io
import json
from xml.etree import ElementTree as ET

from tests.attacks.rig import Rig
from tests.attacks.rig.browsers import signed_in
from tests.attacks.rig.markup import check_page
from tests.attacks.rig.ours import own, page
from tests.attacks.rig.peers import Actor, unique

ATOM = "{http://www.w3.org/2005/Atom}"
ENDS = "</script><script>ran()</script>]]></content></entry><!--"
FORMULA = '=HYPERLINK("https://e.test/","x")'


async def read_feed(rig: Rig) -> tuple[bytes, ET.Element]:
    """The area's feed, as sent and as a program reads it."""
    own(rig)
    answer = await rig.get(f"{rig.adapter.area}/feed.atom")
    assert answer.status == 200, answer
    assert answer.header("content-type").startswith("application/atom+xml")
    return answer.body, ET.fromstring(answer.body)


async def known(rig: Rig, name: str) -> Actor:
    """Somebody whose posts are not held for what stands in them."""
    actor = rig.e.actor()
    rig.e.documents[actor.id]["name"] = name
    await rig.post(actor, actor.create(first := actor.note()))
    await rig.has_effect(first)
    return actor


async def test_E10_ends_of_scripts(rig: Rig) -> None:
    """Nothing ends where its author wants: one entry stays one, and no page has a script or data in one."""
    mallory = await known(rig, f"M {ENDS}")
    note = mallory.note(content=f"<p>{unique('文')} &lt;/script&gt; {ENDS}</p>", name=ENDS)
    await rig.post(mallory, mallory.create(note))
    await rig.has_effect(note)
    body, feed = await read_feed(rig)
    assert b"<script" not in body
    assert b"<!--" not in body
    assert note["id"] in [each.findtext(f"{ATOM}id") for each in feed.findall(f"{ATOM}entry")]
    check_page(await page(rig, rig.adapter.area))
    _, browser = await signed_in(rig)
    await browser.post("/write", {"text": ENDS, "step": "publish", "audience": "followers"})
    exported = await browser.get("/settings/export/posts.json")
    assert exported.header("content-type") == "application/activity+json"
    assert exported.header("x-content-type-options") == "nosniff"
    [item] = json.loads(exported.body)["orderedItems"]
    assert "<script" not in item["content"]


async def test_E11_formulas_and_markup(rig: Rig) -> None:
    """In a feed it is text, and markup only what the sanitiser leaves; in a table no cell calculates."""
    mallory = await known(rig, f"{FORMULA}<b>")
    note = mallory.note(content=f"<p>{FORMULA} <img src=x onerror=ran()> {unique('文')}</p>")
    await rig.post(mallory, mallory.create(note))
    await rig.has_effect(note)
    _, feed = await read_feed(rig)
    entry = next(each for each in feed.findall(f"{ATOM}entry") if each.findtext(f"{ATOM}id") == note["id"])
    content = str(entry.findtext(f"{ATOM}content"))
    assert "onerror" not in content
    assert "<img" not in content
    assert "<" not in str(entry.findtext(f"{ATOM}title"))
    _, browser = await signed_in(rig)
    for text in (FORMULA, "@SUM(A1)", "-1+1"):
        answer = await browser.post("/write", {"text": text, "step": "publish", "audience": "followers"})
        assert answer.status == 303, answer
    table = await browser.get("/settings/export/posts.csv")
    cells = [cell for row in csv.reader(io.StringIO(table.body.decode())) for cell in row]
    assert [each for each in cells if each[:1] in {"=", "+", "-", "@", "\t", "\r"}] == []
    assert f"'{FORMULA}" in cells
