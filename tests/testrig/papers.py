"""Certificates of names below localhost, by an authority that exists only for the test."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Papers:
    """PEM files: who is to be trusted, and one certificate with its key for all names."""

    authority: Path
    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """Return what a TLS server needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return what a client needs that trusts this authority alone."""
        return ssl.create_default_context(cafile=self.authority)


def issue(folder: Path, *names: str) -> Papers:
    """Make an authority and its certificate of `names`, and write them to `folder`."""
    papers = Papers(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
    authority = trustme.CA()
    issued = authority.issue_cert(*names)
    authority.cert_pem.write_to_path(papers.authority)
    issued.cert_chain_pems[0].write_to_path(papers.certificate)
    issued.private_key_pem.write_to_path(papers.key)
    return papers
