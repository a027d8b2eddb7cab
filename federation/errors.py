"""Who is at fault, in the type.

    Fault
    ├── RemoteFault              the other server sent or served something wrong
    │   ├── MalformedDocument    not a document we can read (400); `path` says where
    │   ├── SignatureRejected    certainly not signed by whom it claims (401)
    │   │   └── OutOfTime        signed at another time, by our clock
    │   ├── Unauthorized         signed, but not allowed to say this (403)
    │   ├── Unreachable          no answer, or one that proves nothing: worth another try
    │   └── Gone                 410 or a Tombstone: will not come back
    └── LocalFault               ours: a wrong command, a wrong setting, a full disk
        ├── Refused              a local request breaks a rule; the text is for its author
        ├── NotFound             no such thing here
        └── Overloaded           busy, locked or full: 503 with Retry-After, at an inbox 429
            └── TooOften         who asks has asked too often: 429 everywhere

`str(error)` is for our log; `public` is the sentence a peer or a caller may see.
Expected outcomes (a hold, a retry) are values, not exceptions.
"""


class Fault(Exception):
    """Root of every error we raise on purpose."""

    public = "The request could not be handled."

    def __init__(self, reason: str, *, public: str | None = None) -> None:
        super().__init__(reason)
        if public is not None:
            self.public = public


class RemoteFault(Fault):
    """The other side is at fault."""


class MalformedDocument(RemoteFault):
    """A document that cannot be read; `path` is the JSON path of the first thing that is wrong."""

    public = "The document is malformed."

    def __init__(self, reason: str, *, path: str = "$") -> None:
        super().__init__(f"{path}: {reason}", public=f"The document is malformed at {path}: {reason}.")
        self.path = path
        self.reason = reason


class SignatureRejected(RemoteFault):
    """A signature that is absent, malformed, too old, does not cover what it must, or is wrong."""

    public = "The signature was not accepted."

    def __init__(self, reason: str) -> None:
        super().__init__(reason, public=f"The signature was not accepted: {reason}.")


class OutOfTime(SignatureRejected):
    """A signature of which only the time is wrong: the fault may be our clock's."""


class Unauthorized(RemoteFault):
    """Properly signed, but the signer may not say this."""

    public = "The signer may not do this."


class Unreachable(RemoteFault):
    """No proof of anything: time-out, network, TLS, 429, 5xx, refused address, wrong content type."""

    public = "The other server could not be reached."

    def __init__(self, reason: str, *, status: int | None = None, permanent: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.permanent = permanent


class Gone(RemoteFault):
    """410, or a Tombstone in its place."""

    public = "It is gone."


class LocalFault(Fault):
    """Our side is at fault."""


class Refused(LocalFault):
    """A local request that breaks a rule; the text names the thing and the rule."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, public=reason)


class NotFound(LocalFault):
    """No such thing here."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, public=reason)


class Overloaded(LocalFault):
    """Busy, locked or full; `retry_after` in seconds."""

    public = "Busy; try again later."

    def __init__(self, reason: str, *, retry_after: int = 60) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TooOften(Overloaded):
    """One client does more than its share."""
