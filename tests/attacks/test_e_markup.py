"""E1 to E6, E8: whatever strangers write, readers get text, known elements, and links that say where they lead."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.markup import REL, Shown, fragment, show
from tests.attacks.rig.ours import text_of
from tests.attacks.rig.peers import Actor, Json, unique

MARK = "ran()"


def author_of(rig: Rig, payload: str) -> Actor:
    """Somebody whose document has it wherever there is text."""
    author = rig.e.actor(
        summary=f"<p>紹介</p>{payload}",
        attachment=[{"type": "PropertyValue", "name": f"欄{payload}", "value": f"値{payload}"}],
    )
    author.document["name"] = f"花子{payload}"
    return author


def fields(rig: Rig, payload: str) -> Json:
    """A post that has it wherever there is text."""
    picture, text = f"{rig.e.origin}/picture.png", f"<p>{unique('文')}のはじめ</p>{payload}<p>文のおわり</p>"
    return {
        "type": "Article",
        "name": f"題{payload}",
        "summary": f"注意{payload}",
        "content": text,
        "contentMap": {"ja": text},
        "attachment": [
            {"type": "Image", "mediaType": "image/png", "url": picture, "name": f"写真{payload}"},
            {"type": "Link", "href": f"{rig.e.origin}/page", "name": f"先{payload}"},
        ],
        "tag": [
            {"type": "Hashtag", "name": f"#札{payload}", "href": f"{rig.e.origin}/tags/x"},
            {"type": "Mention", "name": f"@人{payload}", "href": f"{rig.e.origin}/users/x"},
            {
                "type": "Emoji",
                "name": f":絵{payload}:",
                "icon": {"type": "Image", "mediaType": "image/png", "url": picture},
            },
        ],
    }


async def show_everywhere(rig: Rig, payload: str) -> Shown:
    return await show(rig, author_of(rig, payload), **fields(rig, payload))


RUNNING = {
    "script": f"<script>{MARK}</script>",
    "script of a file": '<script src="//e.test/x.js"></script>',
    "img": f'<img src=x onerror="{MARK}">',
    "svg": f'<svg onload="{MARK}"><script>{MARK}</script><a xlink:href="javascript:{MARK}">x</a></svg>',
    "iframe": f"<iframe srcdoc='<script>{MARK}</script>' src=\"javascript:{MARK}\"></iframe>",
    "object": f'<object data="javascript:{MARK}"></object><embed src="//e.test/x.swf"><applet code=x>',
    "base, meta, link": '<base href="//e.test/"><meta http-equiv=refresh content="0;url=//e.test/">'
    '<link rel=stylesheet href="//e.test/x.css">',
    "media": f'<video src=x onerror="{MARK}"><audio src=x onerror="{MARK}"><source onerror="{MARK}">',
    "events": f'<p onclick="{MARK}" onmouseover="{MARK}">x</p><details open ontoggle="{MARK}">x</details>',
    "out of its place": f'"\'></p></div></article></main><script>{MARK}</script><img src=x onerror="{MARK}">',
}


@pytest.mark.parametrize("payload", RUNNING.values(), ids=RUNNING)
async def test_E01_elements_that_run(rig: Rig, payload: str) -> None:
    shown = await show_everywhere(rig, payload)
    shown.check()
    assert "文のおわり" in shown.article.text


MUTATING = {
    "math and style": "<math><mtext><table><mglyph><style><!--</style>"
    '<img title="--&gt;&lt;img src=1 onerror=ran()&gt;">',
    "svg and style": '<svg></p><style><a id="</style><img src=1 onerror=ran()>">',
    "noscript": '<noscript><p title="</noscript><img src=x onerror=ran()>">',
    "form and math": "<form><math><mtext></form><form><mglyph><style></math><img src onerror=ran()>",
    "mglyph and svg": '<math><mtext><table><mglyph><svg><mtext><style><path id="</style><img onerror=ran() src>">',
    "cdata": "<svg><![CDATA[><img src=x onerror=ran()>]]></svg>",
    "xmp": "<xmp><p title='</xmp><img src=x onerror=ran()>'>",
    "title": "<title><p title='</title><img src=x onerror=ran()>'>",
    "template": "<template><style></template><img src=x onerror=ran()></style></template>",
    "select": "<select><template><img src=x onerror=ran()></template></select>",
    "halves": "<<script>script>ran()<</script>/script><scr<script>ipt>ran()</script>",
    "comments": "<!--><img src=x onerror=ran()>--><!-- --!><img src=x onerror=ran()> -->",
    "tables": "<table><td><a href=https://e.test/1><table><td><a href=https://e.test/2>x",
    "headings": "<h1><script>ran()</h1></script><h1 onclick=ran()>x</h1><h1/onclick=ran()>",
    "attributes": '<a href=\'https://e.test/"onmouseover="ran()\'>x</a><a title="><img src=x onerror=ran()>">x</a>',
}


@pytest.mark.parametrize("payload", MUTATING.values(), ids=MUTATING)
async def test_E03_html_that_changes(rig: Rig, payload: str) -> None:
    (await show_everywhere(rig, payload)).check()


DECORATED = (
    '<p style="position:fixed;top:0" id="main" class="admin-banner box" dir="rtl" data-turbo="1" title="x" lang="x"'
    ' hx-get="/x" data-hx-post="/settings/delete" hx-trigger="load" hx-on:click="ran()">'
    '<span class="h-card mention invisible badge post" name="x" style="color:red" hidden>公式</span>'
    '<a class="u-url button" href="https://e.test/" accesskey=x tabindex=1 name="followers" download>x</a></p>'
    '<div class="box alarm" role="alert">x</div><ol start="3" reversed type=a><li value=7 class=chosen>x</li></ol>'
)


async def test_E04_decorations(rig: Rig) -> None:
    shown = await show_everywhere(rig, DECORATED)
    shown.check()
    spans = fragment(shown.content).iter("span")
    assert [each.get("class") for each in spans] == ["h-card mention invisible"]


FORMS = {
    "form": '<form action="https://e.test/" method=post><input name=password type=password autofocus>'
    '<button formaction="https://e.test/">送る</button><select><option>x</select></form>',
    "textarea": "<textarea>",
    "title": "<title>",
    "xmp": "<xmp>",
    "plaintext": "<plaintext>",
    "listing": "<listing><noembed><noframes>",
    "frameset": "<frameset><frame src=//e.test/></frameset><body onload=ran()>",
    "an end too many": "</div></article></section></main></body></html>",
    "a comment without end": "<!-- ",
    "a tag without end": '<a href="https://e.test/',
}


@pytest.mark.parametrize("payload", FORMS.values(), ids=FORMS)
async def test_E05_forms_and_what_swallows(rig: Rig, payload: str) -> None:
    """What stands behind it on the page is still there, and still outside."""
    shown = await show_everywhere(rig, payload)
    shown.check()
    assert len(shown.article.parts("content")) == 1
    assert any(each.get("href", "").startswith("/report?") for each in shown.article.element.iter("a"))


SCHEMES = [
    f"javascript:{MARK}",
    f"JaVaScRiPt:{MARK}",
    f"java\tscript:{MARK}",
    f"java\nscript:{MARK}",
    f"\x01javascript:{MARK}",
    f"  javascript:{MARK}",
    f"&#106;avascript:{MARK}",
    f"&#x6A;ava&Tab;script&colon;{MARK}",
    f"javascript&#58;//https://e.test/%0a{MARK}",
    "data:text/html,<script>ran()</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:ran",
    "blob:https://e.test/1",
    "file:///etc/passwd",
    "filesystem:https://e.test/x",
    "view-source:https://e.test/",
    "intent://e.test/#Intent;end",
    "about:blank",
    "ftp://e.test/",
]


def anchors(hrefs: Iterable[str]) -> str:
    return "".join(f'<p><a href="{href}">第{number}の先</a></p>' for number, href in enumerate(hrefs))


def leading(shown: Shown) -> list[str]:
    """Where the links of a post lead that are not the site's way to the whole of it."""
    links = fragment(shown.content).iter("a")
    return [href for each in links if (href := each.get("href")) and "先" in text_of(each)]


async def test_E02_schemes_that_run(rig: Rig) -> None:
    """In links, and where a document says that the page of a post, a file or an author is."""
    shown = await show_everywhere(rig, anchors(SCHEMES))
    shown.check()
    assert leading(shown) == []
    for scheme in (f"javascript:{MARK}", f"JavaScript:{MARK}", "data:text/html,x", "//e.test/x", "/logout"):
        author = rig.e.actor(url=scheme, icon={"type": "Image", "url": scheme})
        links: list[Any] = [{"type": "Link", "href": scheme, "mediaType": "text/html"}]
        for url in (scheme, links):
            named = {
                **fields(rig, ""),
                "url": url,
                "attachment": [{"type": "Image", "url": scheme, "name": "x"}],
            }
            named["tag"] = [{"type": "Hashtag", "name": "#札", "href": scheme}]
            shown = await show(rig, author, **named)
            shown.check()
            for address in (shown.status["url"], shown.author["url"], shown.author["avatar"]):
                assert address.startswith("https://"), address


RELATIVE = [
    "/logout",
    "logout",
    "?logout",
    "#top",
    "",
    "//e.test/",
    "\\\\e.test\\",
    "/\\e.test",
    "https:e.test",
    "https:/e.test/",
    "https://good.test@e.test/",
    "https://user:password@e.test/",
    "https://good.test\\@e.test/",
    "https://e\u00advil.test/",
    "https://e.test/\u202egpj",
    "mailto:a@e.test?bcc=b@e.test",
]


async def test_E06_links_that_deceive(rig: Rig) -> None:
    shown = await show_everywhere(rig, anchors(RELATIVE))
    shown.check()
    assert leading(shown) == []
    for text, href, host in (
        ("https://good.test/login", "https://e.test/", "e.test"),
        ("good.test", "https://e.test/", "e.test"),
        ('<span class="invisible">https://</span>good.test/<b>x</b>', "https://e.test/", "e.test"),
        ("good.test", "https://good.test.e.test/", "good.test.e.test"),
        ("good.test/", "https://e.test/good.test/", "e.test"),
        ("https://аpple.test/", "https://аpple.test/", "xn--pple-43d.test"),
        ("ｇｏｏｄ.test", "https://e.test/", "e.test"),
    ):
        shown = await show(rig, rig.e.actor(), content=f'<p><a href="{href}">{text}</a></p>')
        shown.check()
        assert host in text_of(fragment(shown.content)), text
        assert host in shown.article.part("content"), text
    for text, href in (
        ('<span class="invisible">https://www.</span><span>good.test/x</span>', "https://www.good.test/x"),
        ("good.test/x", "https://www.good.test/x"),
        ("https://例え.test/", "https://例え.test/"),
        ("市役所のお知らせ", "https://good.test/"),
        ("3.5 km", "https://good.test/"),
    ):
        shown = await show(rig, rig.e.actor(), content=f'<p><a href="{href}">{text}</a></p>')
        assert shown.article.part("content") == text_of(fragment(text)), text


async def test_E08_relations_of_links(rig: Rig) -> None:
    given = '<p><a href="https://e.test/1" rel="me opener follow" target="_blank" ping="https://e.test/">x</a></p>'
    shown = await show_everywhere(rig, given)
    shown.check()
    links = shown.links()
    assert links
    for link in links:
        assert set(link.get("rel", "").split()) == REL, link.attrib
