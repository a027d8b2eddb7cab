"""The forms in which the suite is played: names, addresses and certificates of everybody in it.

`namespace` is the whole: public names and addresses in a network of the test's own, production rules. `loopback` is
what any machine can do: the rules for addresses are relaxed there, so rows about them are left out. `outside` is
somebody else's server.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

import pytest
import trustme

from tests.testrig import namespace
from tests.testrig.papers import Papers
from tests.testrig.processes import free_port

Form = Literal["namespace", "loopback", "outside"]
Address = tuple[str, int]

SERVER = "45.11.0.1"
SERVER_IPV6 = "2600:11::1"
PORT = 8000
"""Of the bare server, in the namespace."""
RESOLVER = "45.11.0.53"
PROXY = "http://45.11.0.99:3128"
"""Named by the environment of the server, and never to be used."""


class Authority:
    """Certificates for names, by an authority that exists only for the tests."""

    def __init__(self, folder: Path, ca: trustme.CA | None = None) -> None:
        self._ca = ca or trustme.CA()
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self.file = folder / "authority.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def context(self, host: str) -> ssl.SSLContext:
        """What a server needs that answers to `host[:port]` and all names below it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issue(host.partition(":")[0]).configure_cert(context)
        return context

    def issue(self, name: str, **when: datetime) -> trustme.LeafCert:
        """A certificate of a name, or an address, and all names below it; `not_before`, `not_after`."""
        below = [] if name[-1].isdigit() else [f"*.{name}"]
        return self._ca.issue_cert(name, *below, **when)  # type: ignore[arg-type] # only these two are times

    def papers(self, host: str) -> Papers:
        """The same as files."""
        papers = Papers(self.file, self._folder / "certificate.pem", self._folder / "key.pem")
        issued = self._ca.issue_cert(host.partition(":")[0])
        issued.cert_chain_pems[0].write_to_path(papers.certificate)
        issued.private_key_pem.write_to_path(papers.key)
        return papers

    def client_context(self) -> ssl.SSLContext:
        """What trusts it."""
        return ssl.create_default_context(cafile=str(self.file))


def keep_authority(folder: Path) -> Authority:
    """The authority that was made in this folder, or a new one: other people's servers must be told to trust it."""
    folder.mkdir(parents=True, exist_ok=True)
    private, public = folder / "authority.key", folder / "authority.pem"
    if private.exists():
        return Authority(folder, trustme.CA.from_pem(public.read_bytes(), private.read_bytes()))
    ca = trustme.CA()
    private.touch(mode=0o600)
    private.write_bytes(ca.private_key_pem.bytes())
    return Authority(folder, ca)


class Place(Protocol):
    """Names and addresses."""

    @property
    def form(self) -> Form:
        """Which of the three."""

    @property
    def authority(self) -> Authority:
        """Whom the server under test trusts."""

    def find(self, name: str) -> tuple[str, Address]:
        """Host (`host[:port]`) and address of a peer."""


@dataclass
class Namespace:
    """Public-looking addresses that lead nowhere but back."""

    authority: Authority
    misleading: Authority
    """Whom only the environment of the server names (`Namespace.environment`)."""
    form: Form = "namespace"
    known: dict[str, Address] = field(default_factory=dict)

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables that lead astray whoever heeds them: a proxy, an authority, passwords for everybody."""
        passwords = folder / "netrc"
        passwords.write_text("default login hanako password secret\n", encoding="utf-8")
        proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        authorities = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        return {
            **dict.fromkeys(proxies, PROXY),
            **dict.fromkeys(authorities, str(self.misleading.file)),
            "NETRC": str(passwords),
        }

    def find(self, name: str) -> tuple[str, Address]:
        """Each peer in a network of its own."""
        number = len(self.known) + 1
        address = self.known.setdefault(name, (f"45.{12 + number // 256}.{number % 256}.10", 443))
        return f"{name}.test", address


@dataclass
class Loopback:
    """Names below localhost, ports that happen to be free."""

    authority: Authority
    form: Form = "loopback"
    known: dict[str, int] = field(default_factory=dict)

    def find(self, name: str) -> tuple[str, Address]:
        """Each peer on a port of its own."""
        if name not in self.known:
            self.known[name] = free_port()
        port = self.known[name]
        return f"{name}.localhost:{port}", ("127.0.0.1", port)


@dataclass(frozen=True)
class Elsewhere:
    """Names and addresses that somebody has prepared."""

    authority: Authority
    peers: Mapping[str, tuple[str, str]]
    form: Form = "outside"

    def find(self, name: str) -> tuple[str, Address]:
        """Only those that were prepared; a row that needs another one is skipped."""
        if name not in self.peers:
            pytest.skip(f"needs a server {name!r} of its own")
        host, address = self.peers[name]
        where, _, port = address.rpartition(":")
        return host, (where, int(port))


def enter_namespace(folder: Path) -> Callable[[], None]:
    """What the stage's thread has to do first: it finds names where the rig answers."""
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {RESOLVER}\noptions timeout:2 attempts:1\n", encoding="utf-8")
    switch = folder / "nsswitch.conf"
    switch.write_text("hosts: files dns\n", encoding="utf-8")
    files = [(resolver, Path("/etc/resolv.conf")), (switch, Path("/etc/nsswitch.conf"))]
    return lambda: namespace.enter(ipv4=SERVER, ipv6=SERVER_IPV6, files=files)
