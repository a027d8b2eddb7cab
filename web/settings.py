"""What an operator decides: `kairanban.toml`, each key overridden by a `KAIRANBAN_*` variable, read once.

An unknown key or variable is an error that names it. Served origins beyond the first live in the database.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, TypeVar, cast, get_args
from urllib.parse import urlsplit

import sqlalchemy as sa

from federation import iris
from federation.addresses import Network, is_global, read_networks
from federation.errors import LocalFault, MalformedDocument

PREFIX = "KAIRANBAN_"
DEFAULT_FILE = "kairanban.toml"
SECRET_BYTES = 32
"""As many as the AES-256 key that is derived from them."""
DISTINCT_SECRET_BYTES = 8
"""32 random bytes have about 30 different values, 64 hexadecimal digits 16; a placeholder has fewer."""
OTHERS_MAY_READ = 0o004
OTHERS_OR_GROUP = 0o077
MAX_PORT = 65535

LogFormat = Literal["console", "json"]
FederationMode = Literal["open", "allowlist", "off"]
Registrations = Literal["open", "invitation", "closed"]
"""Who may sign up on the pages."""

DATABASE_DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")
PRIVATE_SUFFIXES = ("localhost", "test", "example", "invalid", "local", "internal", "home.arpa")
"""Names that no public resolver answers (RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`)."""

Value = str | list[str]
T = TypeVar("T")


class WrongSetting(LocalFault):
    """A setting that is unknown, missing or impossible; the text names it and the rule."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, public=reason)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to accept connections: an address and a port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that was decided before the start. Paths are absolute; `base_url` is a canonical origin."""

    domain: str
    base_url: str
    database_url: str = field(repr=False)
    data_dir: Path
    secret_key_file: Path
    listen: Listen
    trusted_proxies: tuple[Network, ...] = ()
    allowed_private_networks: tuple[Network, ...] = ()
    extra_ca_file: Path | None = None
    proxy_url: str | None = field(default=None, repr=False)
    mail_url: str = field(repr=False)
    mail_from: str
    contact_email: str = ""
    security_contact: str = ""
    media_url: str = field(repr=False)
    log_format: LogFormat = "console"
    federation: FederationMode = "open"
    registrations: Registrations = "open"

    @property
    def is_public(self) -> bool:
        """Whether strangers can find the domain."""
        return not _is_private_name(_hostname(self.base_url))

    @property
    def fault_contact(self) -> str:
        """Where faults of the software or the node are told in private, as a URL; empty = nowhere."""
        return self.security_contact or (f"mailto:{self.contact_email}" if self.contact_email else "")

    def warnings(self) -> tuple[str, ...]:
        """What the operator must be told, loudly, at every start."""
        if not self.allowed_private_networks:
            return ()
        networks = ", ".join(str(network) for network in self.allowed_private_networks)
        return (f"KAIRANBAN_ALLOWED_PRIVATE_NETWORKS is set: outgoing requests may reach {networks}.",)


def load_settings(environment: Mapping[str, str] = os.environ, *, directory: Path | None = None) -> Settings:
    """Read the file and the variables; raises `WrongSetting`.

    Relative paths start at the folder of the configuration file (`directory`, by default the current one,
    where there is no file).
    """
    here = (directory or Path.cwd()).absolute()
    path = here / environment.get(f"{PREFIX}CONFIG", DEFAULT_FILE)
    is_named = f"{PREFIX}CONFIG" in environment
    given = _read_file(path) if is_named or path.exists() else {}
    given |= _read_environment(environment)
    return _Reading(given, path.parent).settings()


def read_secret(path: Path) -> bytes:
    """Return the node's secret, or raise `WrongSetting`: absent, readable by others, short, a placeholder."""
    try:
        mode = path.stat().st_mode
        secret = path.read_bytes()
    except OSError as error:
        raise WrongSetting(f"secret_key_file: {path} cannot be read: {error.strerror}") from error
    if mode & OTHERS_OR_GROUP:
        raise WrongSetting(f"secret_key_file: {path} is open to others: chmod 600 {path}")
    if len(secret) < SECRET_BYTES:
        raise WrongSetting(f"secret_key_file: {path} has {len(secret)} bytes; {SECRET_BYTES} are needed")
    if len(set(secret)) < DISTINCT_SECRET_BYTES:
        raise WrongSetting(f"secret_key_file: {path} is not random")
    return secret


def _read_file(path: Path) -> dict[str, tuple[str, Value]]:
    """Key → (how to name it in a sentence, value)."""
    try:
        mode = path.stat().st_mode
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise WrongSetting(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongSetting(f"{path} is not TOML: {error}") from error
    if mode & OTHERS_MAY_READ:
        raise WrongSetting(f"{path} may be read by everybody, and it may hold passwords: chmod 600 {path}")
    return {key: (f"{key} in {path}", _check_value(key, value, path)) for key, value in table.items()}


def _check_value(key: str, value: object, path: Path) -> Value:
    if key not in NAMES:
        raise WrongSetting(f"{key} in {path} is not a setting")
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise WrongSetting(f"{key} in {path} must be a text or a list of texts")


def _read_environment(environment: Mapping[str, str]) -> dict[str, tuple[str, Value]]:
    given: dict[str, tuple[str, Value]] = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or variable == f"{PREFIX}CONFIG":
            continue
        key = variable.removeprefix(PREFIX).lower()
        if key not in NAMES or variable != variable.upper():
            raise WrongSetting(f"{variable} is not a setting")
        given[key] = (variable, value)
    return given


class _Reading:
    """One pass over what was given; every method says in one sentence what is wrong."""

    def __init__(self, given: Mapping[str, tuple[str, Value]], folder: Path) -> None:
        self.given = given
        self.folder = folder

    def settings(self) -> Settings:
        domain, base_url = self._names()
        data_dir = self._get("data_dir", self._path, self.folder / "var")
        return Settings(
            domain=domain,
            base_url=base_url,
            database_url=self._database_url(data_dir),
            data_dir=data_dir,
            secret_key_file=self._get("secret_key_file", self._path, data_dir / "secret.key"),
            listen=self._get("listen", _read_listen, Listen("127.0.0.1", 8000)),
            trusted_proxies=self._networks("trusted_proxies"),
            allowed_private_networks=self._private_networks(base_url),
            extra_ca_file=self._get("extra_ca_file", self._file, None),
            proxy_url=self._get("proxy_url", _read_proxy_url, None),
            mail_url=self._get("mail_url", self._mail_url, f"file:{data_dir / 'mail'}"),
            mail_from=self._get("mail_from", _read_mail_from, f"kairanban@{_hostname(base_url)}"),
            contact_email=self._get("contact_email", _read_mail_from, ""),
            security_contact=self._get("security_contact", _read_contact, ""),
            media_url=self._get("media_url", self._media_url, f"file:{data_dir / 'media'}"),
            log_format=self._choice("log_format", LogFormat, "console"),
            federation=self._choice("federation", FederationMode, "open"),
            registrations=self._choice("registrations", Registrations, "open"),
        )

    def _get(self, key: str, read: Callable[[str], T], default: T) -> T:
        if key not in self.given:
            return default
        name, value = self.given[key]
        if not isinstance(value, str):
            raise WrongSetting(f"{name} must be a text")
        try:
            return read(value)
        except (ValueError, MalformedDocument, sa.exc.ArgumentError) as error:
            raise WrongSetting(f"{name}: {error}") from error

    def _choice(self, key: str, kind: object, default: T) -> T:
        choices = get_args(kind)
        value = self._get(key, str, cast("str", default))
        if value not in choices:
            raise WrongSetting(f"{self.given[key][0]} must be one of {', '.join(choices)}")
        return cast("T", value)

    def _names(self) -> tuple[str, str]:
        """The host of handles and the public origin; each gives the other where it is absent."""
        if not {"domain", "base_url"} & self.given.keys():
            raise WrongSetting(f"domain is not set: name it in {DEFAULT_FILE} or in {PREFIX}DOMAIN")
        base_url = self._get("base_url", _read_base_url, "")
        if "domain" not in self.given:
            return iris.host(base_url), base_url
        from_domain = self._get("domain", _read_domain, "")
        base_url = base_url or from_domain
        if _hostname(base_url) != _hostname(from_domain):
            raise WrongSetting(f"{self.given['base_url'][0]} must be on the domain {_hostname(from_domain)}")
        return iris.host(base_url), base_url

    def _database_url(self, data_dir: Path) -> str:
        default = f"sqlite+aiosqlite:///{data_dir / 'kairanban.db'}"
        return self._get("database_url", self._read_database_url, default)

    def _read_database_url(self, text: str) -> str:
        url = sa.make_url(text)
        if url.drivername not in DATABASE_DRIVERS:
            raise ValueError(f"must start with {' or '.join(f'{name}://' for name in DATABASE_DRIVERS)}")
        if url.get_backend_name() != "sqlite":
            return text
        if not url.database or url.database == ":memory:":
            raise ValueError("must name a file")
        return f"sqlite+aiosqlite:///{self._path(url.database)}"

    def _private_networks(self, base_url: str) -> tuple[Network, ...]:
        networks = self._networks("allowed_private_networks")
        if networks and not _is_private_name(_hostname(base_url)):
            name = self.given["allowed_private_networks"][0]
            raise WrongSetting(f"{name} is for tests and closed networks; {base_url} is a public name")
        return networks

    def _networks(self, key: str) -> tuple[Network, ...]:
        if key not in self.given:
            return ()
        name, value = self.given[key]
        texts = value.replace(",", " ").split() if isinstance(value, str) else value
        try:
            return read_networks(texts)
        except ValueError as error:
            raise WrongSetting(f"{name}: {error}") from error

    def _path(self, text: str) -> Path:
        if not text:
            raise ValueError("must not be empty")
        return self.folder / Path(text).expanduser()

    def _file(self, text: str) -> Path:
        path = self._path(text)
        if not path.is_file():
            raise ValueError(f"{path} is not a file")
        return path

    def _mail_url(self, text: str) -> str:
        if text.startswith("file:"):
            return f"file:{self._path(text.removeprefix('file:'))}"
        return _check_url(text, ("smtp", "smtps"), "must be file:…, smtp://… or smtps://…")

    def _media_url(self, text: str) -> str:
        if text.startswith("file:"):
            return f"file:{self._path(text.removeprefix('file:'))}"
        return _check_url(text, ("s3",), "must be file:… or s3://bucket?endpoint=…")


def _read_base_url(text: str) -> str:
    if iris.canonical(text).rstrip("/") != iris.origin(text):
        raise ValueError("must be an origin, without path or query")
    if not iris.is_allowed_scheme(text):
        raise ValueError("plain http is for localhost and *.localhost only")
    return iris.origin(text)


def _read_domain(text: str) -> str:
    """The origin of a bare `host[:port]`."""
    if "/" in text:
        raise ValueError("must be a host name, without scheme and path")
    return iris.origin(f"https://{text}")


def _read_listen(text: str) -> Listen:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        raise ValueError("must be ADDRESS:PORT")
    return Listen(host.removeprefix("[").removesuffix("]"), int(port))


def _read_mail_from(text: str) -> str:
    try:
        Address(addr_spec=text.encode("ascii").decode())
    except (ValueError, IndexError, HeaderParseError) as error:
        raise ValueError("must be a mail address") from error
    return text


def _read_proxy_url(text: str) -> str:
    return _check_url(text, ("http",), "must be http://HOST:PORT")


def _read_contact(text: str) -> str:
    """An address as RFC 9116 wants it: `mailto:`, which may be left out, or `https:`."""
    if text.startswith("https:"):
        return iris.canonical(text)
    if "/" in text:
        raise ValueError("must be a mail address or https://…")
    return f"mailto:{_read_mail_from(text.removeprefix('mailto:'))}"


def _check_url(text: str, schemes: tuple[str, ...], rule: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in schemes or not parts.hostname or parts.port == 0:  # a wrong port raises by itself
        raise ValueError(rule)
    return text


def _hostname(origin: str) -> str:
    """The host of a canonical origin without its port; an IPv6 literal without brackets."""
    return urlsplit(origin).hostname or ""


def _is_private_name(host: str) -> bool:
    try:
        return not is_global(ip_address(host))
    except ValueError:
        return "." not in host or host.endswith(tuple(f".{suffix}" for suffix in PRIVATE_SUFFIXES))


NAMES = frozenset(Settings.__dataclass_fields__)
"""Every key of the file; in capitals after `KAIRANBAN_` every variable."""
