"""Commands to leave a machine, and to survive its loss: backup, restore."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from web.backups.making import back_up
from web.backups.restoring import put_back
from web.cli.reports import Report
from web.settings import load_settings

MIB = 1 << 20

Json = Annotated[bool, Parameter(name="--json", negative="")]


def backup(file: Path, *, json: Json = False) -> None:
    """Write everything that the node is to FILE, while it runs or not."""
    description = asyncio.run(back_up(load_settings(), file))
    size = file.stat().st_size
    lines = [f"{file}: {size / MIB:.1f} MiB; whoever has it is this node: keep it as safe as the secret"]
    if description.media == "elsewhere":
        lines.append("the pictures are in a bucket, not in this file: the bucket needs a backup of its own")
    data = {
        "file": str(file),
        "bytes": size,
        "schema": description.schema,
        "database": description.database,
        "pictures": description.media == "here",
    }
    print(Report(tuple(lines), data).print(as_json=json))


def restore(file: Path, *, to: Path = Path(), database_url: str | None = None, json: Json = False) -> None:
    """Put the backup FILE into the folder TO, and a PostgreSQL database into an empty one. Never overwrites."""
    found = asyncio.run(put_back(file, to, database_url))
    pictures = sum(name.startswith("media/") for name in found.names)
    domain = found.description.domain
    lines = (
        f"{domain} is in {to.absolute()}, with {pictures} files of pictures",
        "next: kairanban serve there, and never while the node that the backup was made of still runs",
    )
    data = {"domain": domain, "directory": str(to.absolute()), "pictures": pictures}
    print(Report(lines, data).print(as_json=json))
