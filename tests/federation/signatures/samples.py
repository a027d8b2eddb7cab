"""Signers and requests for the tests: a second, separate writer of both schemes that can be told to err."""

from base64 import b64encode
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from federation.signatures import Request, keys
from federation.vocabulary import Iri, Millis

NOW = Millis(1_795_339_880_000)
SECONDS = NOW // 1000
DATE = "Sun, 22 Nov 2026 09:31:20 GMT"
"""`NOW` as a Date header."""

ORIGIN = "https://sut.test"
TARGET = "/areas/megumino/inbox"
KEY_ID = Iri("https://p.test/users/alice#main-key")
BODY = '{"type":"Create","content":"夏まつりのお知らせ"}'.encode()
DIGEST = "SHA-256=" + b64encode(sha256(BODY).digest()).decode()
CONTENT_DIGEST = "sha-256=:" + b64encode(sha256(BODY).digest()).decode() + ":"


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """One key per number, made once per run."""
    del number
    return keys.generate_rsa()


@cache
def ed25519_key(number: int = 0) -> ed25519.Ed25519PrivateKey:
    del number
    return keys.generate_ed25519()


@dataclass(frozen=True)
class Cavage:
    """A draft-cavage request in the making; every part can be set wrong, and is then signed as it is."""

    method: str = "POST"
    target: str = TARGET
    signed_target: str = TARGET
    origin: str = ORIGIN
    body: bytes | None = BODY
    names: str = "(request-target) host date digest content-type"
    fields: tuple[tuple[str, str], ...] = (
        ("host", "sut.test"),
        ("date", DATE),
        ("digest", DIGEST),
        ("content-type", "application/activity+json"),
    )
    key_id: str = KEY_ID
    algorithm: str | None = "rsa-sha256"
    parameters: tuple[tuple[str, str], ...] = ()

    def field(self, name: str, *values: str) -> "Cavage":
        """Replace the lines of one header; no value removes it."""
        others = tuple(pair for pair in self.fields if pair[0] != name)
        return replace(self, fields=others + tuple((name, value) for value in values))

    def base(self) -> str:
        found = {**dict(self.fields), **{f"({name})": value for name, value in self.parameters}}
        found["(request-target)"] = f"{self.method.lower()} {self.signed_target}"
        return "\n".join(f"{name}: {found.get(name, '')}" for name in self.names.split(" "))

    def header(self) -> str:
        signature = sign_rsa(self.base().encode())
        named = [("keyId", self.key_id), ("algorithm", self.algorithm)]
        named += [("headers", self.names), ("signature", signature)]
        quoted = [f'{name}="{value}"' for name, value in named if value is not None]
        return ",".join([*quoted, *(f"{name}={value}" for name, value in self.parameters)])

    def send(self, *signatures: str) -> Request:
        """Return the request with its own Signature header, or with those given."""
        lines = tuple(("signature", value) for value in signatures or (self.header(),))
        return Request(self.method, self.origin, self.target, self.fields + lines, self.body)


GET = Cavage(
    method="GET",
    body=None,
    names="(request-target) host date accept",
    fields=(("host", "sut.test"), ("date", DATE), ("accept", "application/activity+json")),
)


@dataclass(frozen=True)
class Message:
    """An RFC 9421 request in the making."""

    method: str = "POST"
    target: str = TARGET
    origin: str = ORIGIN
    signed_uri: str = ORIGIN + TARGET
    body: bytes | None = BODY
    components: str = '"@method" "@target-uri" "content-digest"'
    fields: tuple[tuple[str, str], ...] = (
        ("host", "sut.test"),
        ("date", DATE),
        ("content-digest", CONTENT_DIGEST),
    )
    parameters: str = f';created={SECONDS};keyid="{KEY_ID}";alg="rsa-v1_5-sha256"'
    label: str = "sig1"
    signing_key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | None = None

    def base(self) -> str:
        found = {**dict(self.fields), "@method": self.method, "@target-uri": self.signed_uri}
        found["@authority"] = found["host"]
        lines = [f"{name}: {found.get(name.strip(chr(34)), '')}" for name in self.components.split()]
        return "\n".join([*lines, f'"@signature-params": ({self.components}){self.parameters}'])

    def header(self) -> str:
        if isinstance(self.signing_key, ed25519.Ed25519PrivateKey):
            return f"{self.label}=:{b64encode(self.signing_key.sign(self.base().encode())).decode()}:"
        return f"{self.label}=:{sign_rsa(self.base().encode(), self.signing_key)}:"

    def send(self, **instead: str) -> Request:
        """Return the request; `signature_input` and `signature` replace the headers of that name."""
        given = f"{self.label}=({self.components}){self.parameters}"
        lines = (
            ("signature-input", instead.get("signature_input", given)),
            ("signature", instead.get("signature", self.header())),
        )
        return Request(self.method, self.origin, self.target, self.fields + lines, self.body)


def sign_rsa(base: bytes, key: rsa.RSAPrivateKey | None = None) -> str:
    return b64encode((key or rsa_key()).sign(base, padding.PKCS1v15(), SHA256())).decode()


def lower(headers: dict[str, str], *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return headers as a server hands them on."""
    return tuple((name.lower(), value) for name, value in headers.items()) + more


def replace_header(request: Request, name: str, value: str) -> Request:
    return replace(
        request, headers=tuple((key, value if key == name else old) for key, old in request.headers)
    )
