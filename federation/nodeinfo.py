"""NodeInfo: which software a server runs, and what we say of ourselves (https://nodeinfo.diaspora.software)."""

from dataclasses import dataclass
from typing import Final

from federation.errors import MalformedDocument
from federation.reader import Reader, load_object
from federation.rendering.contexts import ACTIVITY_STREAMS, Document, present
from federation.vocabulary import Iri

CONTENT_TYPE: Final = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{version}#"'
VERSIONS: Final = ("2.1", "2.0")
"""What we serve, at exactly `/nodeinfo/{version}`: Takahē and Elk ask there without looking."""

MAX_LINKS: Final = 20

_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
_READABLE = ("2.2", "2.1", "2.0", "1.1", "1.0")
_APPLICATION = f"{ACTIVITY_STREAMS}#Application"
_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Discovery:
    """What `/.well-known/nodeinfo` leads to: the document, and the server's own actor (FEP-2677)."""

    document: Iri | None = None
    application: Iri | None = None


@dataclass(frozen=True, slots=True)
class Software:
    """What a server runs: a lower-case name, a version, what its own actor says it implements (FEP-844e)."""

    name: str
    version: str | None = None
    implements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """How many people and posts there are here."""

    users: int
    active_month: int
    active_half_year: int
    posts: int


def parse_discovery(data: bytes) -> Discovery:
    """Read `/.well-known/nodeinfo`; the newest schema that we know is chosen."""
    links = {link.text("rel", _MAX_NAME): link for link in load_object(data).objects("links", MAX_LINKS)}
    schemas = (links.get(f"{_SCHEMA}{version}") for version in _READABLE)
    chosen = next((link for link in schemas if link is not None), None)
    return Discovery(_read_href(chosen), _read_href(links.get(_APPLICATION)))


def parse_software(data: bytes) -> Software:
    """Read a NodeInfo document. Raises `MalformedDocument` when it does not name its software."""
    software = load_object(data).object("software")
    name = software.text("name", _MAX_NAME) if software is not None else None
    if software is None or name is None:
        raise MalformedDocument("no name of a software", path="$.software.name")
    return Software(name=name.strip().lower(), version=software.text("version", _MAX_NAME))


def discovery(origin: str, application: Iri) -> Document:
    """Build `/.well-known/nodeinfo` of an origin that we serve."""
    links = [{"rel": f"{_SCHEMA}{version}", "href": f"{origin}/nodeinfo/{version}"} for version in VERSIONS]
    return {"links": [*links, {"rel": _APPLICATION, "href": application}]}


def document(
    version: str,
    *,
    software_version: str,
    repository: str | None = None,
    usage: Usage,
    open_registrations: bool,
    node_name: str,
    node_description: str,
) -> Document:
    """Build our NodeInfo of one of `VERSIONS`."""
    software = {"name": "kairanban", "version": software_version}
    return {
        "version": version,
        "software": software if version == "2.0" else {**software, **present(repository=repository)},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": open_registrations,
        "usage": {
            "users": {
                "total": usage.users,
                "activeMonth": usage.active_month,
                "activeHalfyear": usage.active_half_year,
            },
            "localPosts": usage.posts,
        },
        "metadata": {"nodeName": node_name, "nodeDescription": node_description},
    }


def _read_href(link: Reader | None) -> Iri | None:
    return link.reference("href") if link is not None else None
