"""The one log line of a received activity: what it was and what came of it; never its text."""

from federation.errors import Fault
from federation.iris import host
from federation.vocabulary import Activity, Like, Millis, OtherActivity
from inbox.checks import Allowed, Ignored, Verdict
from inbox.services import Services

EVENT = "activity"


class Line:
    """Filled as far as the request comes, then written once."""

    def __init__(self, began: Millis) -> None:
        self._began = began
        self._said: dict[str, str] = {}

    def note(self, outcome: str, reason: str) -> None:
        """Say what came of it."""
        self._said.update(outcome=outcome, reason=reason)

    def note_activity(self, activity: Activity) -> None:
        """Say what it is, as soon as the signature is verified."""
        named = activity.type if isinstance(activity, OtherActivity) else type(activity).__name__
        kind = activity.kind if isinstance(activity, Like) else named
        self._said.update(type=kind, id_host=host(activity.id), actor=activity.actor)

    def note_verdict(self, verdict: Verdict) -> None:
        """Say how it was judged."""
        outcome = {Allowed: "done", Ignored: "ignored"}.get(type(verdict), "refused")
        self.note(outcome, verdict.reason)

    def note_fault(self, fault: Fault) -> None:
        """Say why it was not heard."""
        self.note(type(fault).__name__, str(fault))

    def write(self, services: Services) -> None:
        """Write the line; `ms` is how long it took."""
        services.log.info(EVENT, **self._said, ms=services.clock() - self._began)
