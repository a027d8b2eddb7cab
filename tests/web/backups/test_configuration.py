"""The settings that go with a backup say the same elsewhere."""

from dataclasses import fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.testrig.world import make_settings
from web.backups.configuration import MOVED, render, replace_database
from web.settings import Listen, Settings, load_settings

EVERYTHING: dict[str, Any] = {
    "base_url": "http://chitose.localhost:8001",
    "listen": Listen("::1", 8001),
    "trusted_proxies": (ip_network("127.0.0.1/32"), ip_network("::1/128")),
    "allowed_private_networks": (ip_network("10.0.0.0/8"),),
    "proxy_url": "http://proxy.example:3128",
    "mail_url": 'smtp://town:pa"ss\\word@mail.example',
    "media_url": "s3://KEY:SECRET@bucket?endpoint=https://s3.example",
    "log_format": "console",
    "federation": "allowlist",
    "contact_email": "soumu@chitose.example",
}


def write(folder: Path, text: str) -> Settings:
    path = folder / "kairanban.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    (folder / "authorities.pem").touch()
    return load_settings({}, directory=folder)


def test_every_setting_is_there_again(tmp_path: Path) -> None:
    """A setting that is added needs no line in the backup; paths are those of the new folder."""
    given = make_settings(
        "chitose.localhost:8001", tmp_path / "old", "sqlite+aiosqlite:///old.db", **EVERYTHING
    )
    new = tmp_path / "new"
    new.mkdir()
    read = write(new, render(replace(given, extra_ca_file=tmp_path / "ca.pem")))
    for field in fields(Settings):
        if field.name not in MOVED:
            assert getattr(read, field.name) == getattr(given, field.name), field.name
    assert (read.mail_url, read.media_url) == (given.mail_url, given.media_url)
    assert read.data_dir == new / "var"
    assert read.secret_key_file == new / "secret.key"
    assert read.extra_ca_file == new / "authorities.pem"
    assert read.database_url == f"sqlite+aiosqlite:///{new}/var/kairanban.db"


@pytest.mark.parametrize("url", ["postgresql+asyncpg://town:secret@db.example/town"])
def test_a_database_elsewhere_stays_or_is_another(tmp_path: Path, url: str) -> None:
    given = make_settings("chitose.example", tmp_path / "old", url)
    text = render(given)
    assert write(tmp_path, text).database_url == url
    other = "postgresql+asyncpg://town:secret@new.example/town"
    assert write(tmp_path, replace_database(text, other)).database_url == other
