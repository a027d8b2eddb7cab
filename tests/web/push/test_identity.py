"""Who sends, as a push service finds out."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from tests.testrig.clock import NOON
from tests.testrig.pushing import read_identity
from web.push.identity import Identity

KEY = derive_private_key(10**41, SECP256R1())


@pytest.mark.parametrize("standard", [True, False])
@pytest.mark.parametrize("contact", ["mailto:desk@chitose.example", "https://chitose.example"])
def test_a_service_knows_who_sends_and_to_whom_and_for_how_long(standard: bool, contact: str) -> None:
    identity = Identity(KEY, contact)
    headers = identity.write_headers("https://push.example/wpush/v2/gAAAA?x=y", NOON, standard=standard)
    key, claims = read_identity(headers)
    assert key == identity.public_key
    assert claims == {"aud": "https://push.example", "exp": NOON // 1000 + 12 * 3600, "sub": contact}


def test_the_public_key_is_a_point_in_the_alphabet_of_addresses() -> None:
    key = Identity(KEY, "https://chitose.example").public_key
    assert len(key) == 87
    assert key.startswith("B")
    assert set("+/=").isdisjoint(key)
