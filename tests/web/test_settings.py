"""What an operator may write, and the sentence that answers what she may not."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from web.settings import Listen, WrongSetting, load_settings, read_secret

RANDOM = bytes(range(32))
LOOPBACK = {"KAIRANBAN_BASE_URL": "http://chitose.localhost:8001"}


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def refusal(environment: Mapping[str, str], directory: Path) -> str:
    with pytest.raises(WrongSetting) as caught:
        load_settings(environment, directory=directory)
    return caught.value.public


def test_a_domain_is_enough(tmp_path: Path) -> None:
    settings = load_settings({"KAIRANBAN_DOMAIN": "Town.Example.com"}, directory=tmp_path)
    assert settings.base_url == "https://town.example.com"
    assert settings.domain == "town.example.com"
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/var/kairanban.db"
    assert settings.secret_key_file == tmp_path / "var" / "secret.key"
    assert settings.listen == Listen("127.0.0.1", 8000)
    assert settings.federation == "open"
    assert settings.is_public
    assert settings.warnings() == ()


def test_a_variable_goes_before_the_file(tmp_path: Path) -> None:
    write(tmp_path / "kairanban.toml", 'domain = "town.example.com"\nlisten = "127.0.0.1:9000"\n')
    settings = load_settings({"KAIRANBAN_LISTEN": "[::1]:8080"}, directory=tmp_path)
    assert settings.domain == "town.example.com"
    assert settings.listen == Listen("::1", 8080)


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    write(folder / "town.toml", 'domain = "town.example.com"\ndatabase_url = "sqlite+aiosqlite:///db/a.db"\n')
    settings = load_settings({"KAIRANBAN_CONFIG": "etc/town.toml"}, directory=tmp_path)
    assert settings.database_url == f"sqlite+aiosqlite:///{folder}/db/a.db"
    assert settings.media_url == f"file:{folder}/var/media"


def test_a_base_url_with_a_port_gives_the_host_of_handles(tmp_path: Path) -> None:
    settings = load_settings({**LOOPBACK, "KAIRANBAN_DOMAIN": "chitose.localhost"}, directory=tmp_path)
    assert settings.domain == "chitose.localhost:8001"
    assert settings.base_url == "http://chitose.localhost:8001"


@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [
        ("KAIRANBAN_DEBUG", "1", "KAIRANBAN_DEBUG is not a setting"),
        ("KAIRANBAN_listen", "127.0.0.1:1", "KAIRANBAN_listen is not a setting"),
        ("KAIRANBAN_LISTEN", "8000", "ADDRESS:PORT"),
        ("KAIRANBAN_LISTEN", "127.0.0.1:70000", "ADDRESS:PORT"),
        ("KAIRANBAN_DATABASE_URL", "mysql://x/y", "must start with sqlite+aiosqlite://"),
        ("KAIRANBAN_DATABASE_URL", "sqlite+aiosqlite:///:memory:", "must name a file"),
        ("KAIRANBAN_TRUSTED_PROXIES", "10.0.0.1/8", "host bits"),
        ("KAIRANBAN_LOG_FORMAT", "xml", "one of console, json"),
        ("KAIRANBAN_FEDERATION", "maybe", "one of open, allowlist, off"),
        ("KAIRANBAN_MAIL_URL", "http://mail", "smtp://"),
        ("KAIRANBAN_MAIL_URL", "smtp://mail:99999", "KAIRANBAN_MAIL_URL"),
        ("KAIRANBAN_MAIL_URL", "smtp://mail:x", "KAIRANBAN_MAIL_URL"),
        ("KAIRANBAN_MAIL_FROM", "nobody", "mail address"),
        ("KAIRANBAN_MAIL_FROM", "a@", "mail address"),
        ("KAIRANBAN_MAIL_FROM", "a@b.example:25", "mail address"),
        ("KAIRANBAN_MAIL_FROM", "a@b.example\r\nBcc: c@d.example", "mail address"),
        ("KAIRANBAN_MAIL_FROM", "a@例え.example", "mail address"),
        ("KAIRANBAN_SECURITY_CONTACT", "http://town.example.com/x", "https://"),
        ("KAIRANBAN_SECURITY_CONTACT", "mailto:nobody", "mail address"),
        ("KAIRANBAN_SECURITY_CONTACT", "a@b.example\nExpires: never", "mail address"),
        ("KAIRANBAN_SECURITY_CONTACT", "https://x.example/\nExpires: never", "KAIRANBAN_SECURITY_CONTACT"),
        ("KAIRANBAN_MEDIA_URL", "gs://x", "s3://"),
        ("KAIRANBAN_PROXY_URL", "socks5://x", "http://HOST:PORT"),
        ("KAIRANBAN_EXTRA_CA_FILE", "nowhere.pem", "is not a file"),
        ("KAIRANBAN_DATA_DIR", "", "must not be empty"),
        ("KAIRANBAN_DOMAIN", "https://town.example.com", "without scheme"),
        ("KAIRANBAN_DOMAIN", "user@town.example.com", "user information"),
        ("KAIRANBAN_BASE_URL", "http://town.example.com", "localhost"),
        ("KAIRANBAN_BASE_URL", "https://town.example.com/path", "without path"),
        ("KAIRANBAN_BASE_URL", "https://elsewhere.example.com", "must be on the domain"),
    ],
)
def test_every_wrong_value_is_refused_by_name(variable: str, value: str, part: str, tmp_path: Path) -> None:
    text = refusal({"KAIRANBAN_DOMAIN": "town.example.com", variable: value}, tmp_path)
    assert variable in text
    assert part in text


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("debug = true", "debug in"),
        ("listen = 8000", "must be a text"),
        ('listen = ["127.0.0.1:8000"]', "must be a text"),
        ("domain =", "is not TOML"),
    ],
)
def test_every_wrong_line_is_refused(line: str, part: str, tmp_path: Path) -> None:
    write(tmp_path / "kairanban.toml", line)
    assert part in refusal({"KAIRANBAN_DOMAIN": "town.example.com"}, tmp_path)


def test_without_a_domain_nothing_starts(tmp_path: Path) -> None:
    assert "KAIRANBAN_DOMAIN" in refusal({}, tmp_path)


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in refusal({"KAIRANBAN_CONFIG": "other.toml", **LOOPBACK}, tmp_path)


def test_a_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "kairanban.toml", 'domain = "town.example.com"', mode=0o644)
    assert "chmod 600" in refusal({}, tmp_path)


def test_lists_are_written_with_commas_or_as_lists(tmp_path: Path) -> None:
    write(tmp_path / "kairanban.toml", 'trusted_proxies = ["10.0.0.0/8", "::1"]\n')
    settings = load_settings(
        {**LOOPBACK, "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8, ::1/128"}, directory=tmp_path
    )
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert [str(network) for network in settings.allowed_private_networks] == ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("variables", "contact"),
    [
        ({}, ""),
        ({"KAIRANBAN_CONTACT_EMAIL": "a@b.example"}, "mailto:a@b.example"),
        ({"KAIRANBAN_SECURITY_CONTACT": "c@d.example"}, "mailto:c@d.example"),
        (
            {"KAIRANBAN_CONTACT_EMAIL": "a@b.example", "KAIRANBAN_SECURITY_CONTACT": "mailto:c@d.example"},
            "mailto:c@d.example",
        ),
        ({"KAIRANBAN_SECURITY_CONTACT": "https://D.example/report"}, "https://d.example/report"),
    ],
)
def test_whom_to_tell_of_a_fault(variables: dict[str, str], contact: str, tmp_path: Path) -> None:
    settings = load_settings({"KAIRANBAN_DOMAIN": "town.example.com", **variables}, directory=tmp_path)
    assert settings.fault_contact == contact


def test_private_networks_are_warned_of(tmp_path: Path) -> None:
    settings = load_settings(
        {**LOOPBACK, "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8"}, directory=tmp_path
    )
    assert "127.0.0.0/8" in settings.warnings()[0]


@pytest.mark.parametrize("domain", ["town.example.com", "8.8.8.8", "localhost.example.com"])
def test_private_networks_are_refused_on_a_public_domain(domain: str, tmp_path: Path) -> None:
    environment = {"KAIRANBAN_DOMAIN": domain, "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "10.0.0.0/8"}
    assert "public name" in refusal(environment, tmp_path)


@pytest.mark.parametrize("domain", ["localhost", "a.localhost", "a.test", "10.0.0.1", "town.home.arpa"])
def test_names_that_strangers_cannot_find_are_private(domain: str, tmp_path: Path) -> None:
    assert not load_settings({"KAIRANBAN_DOMAIN": domain}, directory=tmp_path).is_public


def test_passwords_do_not_show(tmp_path: Path) -> None:
    settings = load_settings(
        {**LOOPBACK, "KAIRANBAN_DATABASE_URL": "postgresql+asyncpg://town:geheim@db/town"}, directory=tmp_path
    )
    assert "geheim" in settings.database_url
    assert "geheim" not in repr(settings)


def test_a_secret_is_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(RANDOM)
    path.chmod(0o600)
    assert read_secret(path) == RANDOM


@pytest.mark.parametrize(
    ("content", "mode", "part"),
    [
        (RANDOM[:31], 0o600, "31 bytes"),
        (RANDOM, 0o640, "open to others"),
        (RANDOM, 0o604, "open to others"),
        (b"changeme" * 8, 0o600, "not random"),
        (None, 0o600, "cannot be read"),
    ],
)
def test_a_bad_secret_is_refused(content: bytes | None, mode: int, part: str, tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(WrongSetting, match=part):
        read_secret(path)
