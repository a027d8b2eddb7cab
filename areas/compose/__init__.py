"""The only way in which a local actor says anything: `publish`, `edit`, `delete`.

Every form, command, client and mail builds a `Draft` and comes through here. While every area that a post names
holds it, its `Create` waits (`areas.creates`).
"""

from areas.compose.deleting import delete
from areas.compose.editing import edit
from areas.compose.publishing import publish
from areas.compose.sources import Source, source_of
from areas.compose.texts import SUMMARY_LENGTH, TEXT_LENGTH, find_handles

__all__ = [
    "SUMMARY_LENGTH",
    "TEXT_LENGTH",
    "Source",
    "delete",
    "edit",
    "find_handles",
    "publish",
    "source_of",
]
