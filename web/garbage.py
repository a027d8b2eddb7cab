"""The collector of circles in a process that runs for long.

By Python's own settings it walks through everything that was ever imported whenever a quarter as much is alive besides,
as it is while hundreds of deliveries are under way: 70 ms each time in which nothing else is done.
"""

import gc
from typing import Final

YOUNG: Final = 10_000
"""Objects more than at the last look, after which the young ones are looked at: some megabytes of circles at most."""


def settle() -> None:
    """Leave alone what is there now, which stays, and look seldom at the rest. Once all is imported and opened."""
    gc.set_threshold(YOUNG, 10, 10)
    gc.collect()
    gc.freeze()
