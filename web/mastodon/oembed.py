"""A post of ours as other pages embed it: words and a link, no script and no third party (oEmbed 1.0)."""

import re
from html import escape
from typing import Final

from areas.reading.statuses import Status
from federation import iris
from federation.errors import MalformedDocument, NotFound
from web.mastodon.answers import PUBLIC, Answer
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.entities.statuses import write_content
from web.mastodon.parameters import MAX_ID
from web.mastodon.statuses import require

DAY: Final = 86_400
WIDTH: Final = 400
_POST: Final = re.compile(r"/posts/([0-9]{1,19})/?")


async def show(call: Call) -> Answer:
    """`GET /api/oembed?url=`: of a public post that was written here."""
    found = await call.read(require, None, _read_id(call, call.params.word("url") or ""))
    if not found.seen.post.local:
        raise NotFound("the post is not of this node")
    return Answer(_describe(found, call), cache=PUBLIC)


def _read_id(call: Call, url: str) -> int:
    try:
        origin = iris.origin(url)
    except MalformedDocument as error:
        raise NotFound("this is no address") from error
    match = _POST.fullmatch(iris.canonical(url).removeprefix(origin))
    if origin not in call.node.sites.origins or match is None or int(match[1]) > MAX_ID:
        raise NotFound("this is no address of a post here")
    return int(match[1])


def _describe(found: Status, call: Call) -> Json:
    post, author = found.seen.post, found.seen.author
    site, name = call.node.sites.primary, author.name or author.username
    url = escape(post.url or post.iri)
    quote = f'<blockquote cite="{url}">{write_content(post)}</blockquote>'
    return {
        "type": "rich",
        "version": "1.0",
        "title": f"{name} (@{author.handle})",
        "author_name": name,
        "author_url": author.url or author.iri,
        "provider_name": site.actor.name,
        "provider_url": site.origin.origin,
        "cache_age": DAY,
        "html": f'{quote}<p>— <a href="{url}">{escape(name)} (@{escape(author.handle)})</a></p>',
        "width": WIDTH,
        "height": None,
    }
