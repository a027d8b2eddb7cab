"""All targets, and the town that some of them need."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz import addresses, answers, apps, bounds, documents, edges, markup, requests, signing, sockets
from tests.fuzz.town import Rig, open_rig
from tests.testrig.databases import SqliteTemplates

TARGETS = (
    *(
        *addresses.TARGETS,
        *answers.TARGETS,
        *apps.TARGETS,
        *bounds.TARGETS,
        *documents.TARGETS,
        *edges.TARGETS,
    ),
    *(*markup.TARGETS, *requests.TARGETS, *signing.TARGETS, *sockets.TARGETS),
)


@contextmanager
def open_town() -> Iterator[Rig]:
    """A town on SQLite, for as long as the block runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_rig(folder / "town", SqliteTemplates(folder).new(folder)) as rig:
            yield rig
