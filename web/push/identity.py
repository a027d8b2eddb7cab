"""Who sends: a token signed for each push service by the node's own key (RFC 8292, VAPID; RFC 7515, ES256)."""

from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from federation import iris
from federation.vocabulary import Millis
from web.push.encryption import write_base64, write_point

LIFETIME: Final = 12 * 3_600
"""Seconds; push services take 24 hours at most (RFC 8292 §2), by a clock that may differ from ours."""
_NUMBER_BYTES: Final = 32
_HEAD: Final = write_base64(orjson.dumps({"typ": "JWT", "alg": "ES256"}))


class Identity:
    """The node before push services. `contact` is whom they may tell of trouble: `mailto:…`, or a URL."""

    def __init__(self, key: EllipticCurvePrivateKey, contact: str) -> None:
        self._key = key
        self._contact = contact
        self.public_key = write_base64(write_point(key.public_key()))
        """As apps take it."""

    def write_headers(self, endpoint: str, now: Millis, *, standard: bool) -> dict[str, str]:
        """The headers that say who sends, in the form of the RFC or of the draft that goes with `aesgcm`."""
        token = self._sign(endpoint, now)
        if standard:
            return {"authorization": f"vapid t={token}, k={self.public_key}"}
        return {"authorization": f"WebPush {token}", "crypto-key": f"p256ecdsa={self.public_key}"}

    def _sign(self, endpoint: str, now: Millis) -> str:
        claims = {"aud": iris.origin(endpoint), "exp": now // 1000 + LIFETIME, "sub": self._contact}
        signed = f"{_HEAD}.{write_base64(orjson.dumps(claims))}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ECDSA(SHA256())))
        both = r.to_bytes(_NUMBER_BYTES, "big") + s.to_bytes(_NUMBER_BYTES, "big")
        return f"{signed}.{write_base64(both)}"
