"""The settings of a node as a file for another folder: what was set by variables is in it, paths are its own."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Final

from web.backups.archive import AUTHORITIES, SECRET
from web.settings import Listen, Settings

MOVED: Final = frozenset(
    {"data_dir", "secret_key_file", "extra_ca_file", "database_url", "media_url", "mail_url"}
)
"""What names a place of the machine that the backup was made on."""


def render(settings: Settings) -> str:
    """Return the text of a `kairanban.toml` that says what `settings` say, for a folder with everything in it."""
    lines = ["# Written by `kairanban backup`; docs/operators.md explains every setting."]
    for field in fields(settings):
        value = getattr(settings, field.name)
        if field.name not in MOVED and value not in (None, (), ""):
            lines.append(f"{field.name} = {_write(value)}")
    lines.append(f"secret_key_file = {_write(SECRET)}")
    if settings.extra_ca_file is not None:
        lines.append(f"extra_ca_file = {_write(AUTHORITIES)}")
    if not settings.database_url.startswith("sqlite"):
        lines.append(f"database_url = {_write(settings.database_url)}")
    lines += [
        f"{name} = {_write(url)}"
        for name, url in (("media_url", settings.media_url), ("mail_url", settings.mail_url))
        if not url.startswith("file:")
    ]
    return "\n".join([*lines, ""])


def replace_database(text: str, url: str) -> str:
    """Return the text with another address of the database."""
    lines = [line for line in text.splitlines() if not line.startswith("database_url = ")]
    return "\n".join([*lines, f"database_url = {_write(url)}", ""])


def _write(value: object) -> str:
    """A TOML basic string is a JSON string (https://toml.io/en/v1.0.0#string)."""
    match value:
        case tuple():
            return f"[{', '.join(_write(str(each)) for each in value)}]"
        case Listen(host, port):
            return _write(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        case Path():
            return _write(str(value))
        case _:
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
