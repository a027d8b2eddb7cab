"""A request as Authlib reads it: only what it can judge without failing gets there."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Final

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Payload, OAuth2Request

from actors.oauth.messages import Call

_REPEATABLE: Final = re.compile(r"[ !#-\[\]-~]*")
"""What an error may repeat (RFC 6749 §4.1.2.1); Authlib fails on anything else."""
_SECURE_URI: Final = "https://authorization.invalid/"
"""TLS ends before us, so that Authlib need not ask whether there was any."""


def read_request(call: Call) -> OAuth2Request:
    """Return what Authlib is to judge. Raises `InvalidRequestError` for what its errors could not repeat."""
    _check_repeatable(call)
    return _Request(call)


class _Payload(OAuth2Payload):
    """The parameters, wherever they stood; of several values the last."""

    def __init__(self, parameters: Mapping[str, Sequence[str]]) -> None:
        self._values = {name: values[-1] for name, values in parameters.items() if values}
        self._lists = {name: list(values) for name, values in parameters.items()}

    @property
    def data(self) -> dict[str, str]:
        return self._values

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._lists


class _Request(OAuth2Request):
    """What Authlib reads."""

    def __init__(self, call: Call) -> None:
        super().__init__("POST", _SECURE_URI, headers=_read_basic(call.authorization))
        self.payload = _Payload(call.parameters)

    @property
    def form(self) -> dict[str, str]:
        found: dict[str, str] = self.payload.data
        return found

    @property
    def args(self) -> dict[str, str]:
        return self.form


def _check_repeatable(call: Call) -> None:
    for name in ("response_type", "redirect_uri", "grant_type"):
        for value in call.parameters.get(name, ()):
            if _REPEATABLE.fullmatch(value) is None:
                raise InvalidRequestError(f"The {name} has a character that it may not have.")


def _read_basic(authorization: str) -> dict[str, str]:
    """The header for Authlib, which expects Basic to be well-formed; anything else is as good as absent."""
    kind, _, encoded = authorization.partition(" ")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return {}
    is_pair = kind.lower() == "basic" and ":" in pair
    return {"Authorization": f"Basic {encoded.strip()}"} if is_pair else {}
