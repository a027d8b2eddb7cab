"""What is fuzzed: inputs and a check of one of them, and the two ways to run it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

Check = Callable[[Any], None]

SHORT = settings(
    derandomize=True,  # the same inputs every time: what fails, fails for everybody
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class Target:
    """`check` raises for an input that breaks a promise: anything but the documented errors.

    `examples` are those of the short form. `needs_town`: only while there is a `tests.fuzz.town.Rig`.
    """

    name: str
    inputs: SearchStrategy[Any]
    check: Check
    examples: int = 120
    needs_town: bool = False

    def prepare(self, how: settings) -> Any:
        """Return the test; its `hypothesis.fuzz_one_input` takes the bytes of any fuzzer."""

        def test(data: Any) -> None:
            self.check(data)

        test.__qualname__ = self.name  # of which the fixed form's seed is made
        return settings(how)(given(data=self.inputs)(test))

    def run_short(self) -> None:
        """Run the fixed inputs."""
        self.prepare(settings(SHORT, max_examples=self.examples))()
