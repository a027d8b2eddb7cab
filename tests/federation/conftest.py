"""Fixtures of the protocol's tests: a network of scripted peers, and somebody who signs."""

from pathlib import Path

import pytest

from federation.client import Signer
from federation.signatures.keys import generate_rsa
from federation.vocabulary import Iri
from tests.federation.peers import Network


@pytest.fixture(scope="session")
def network_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def network(network_folder: Path) -> Network:
    return Network(network_folder)


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(Iri("https://kairanban.test/actor#main-key"), generate_rsa())
