"""What is over is forgotten, in batches: sessions, codes, tokens, counted tries, and apps that nobody uses."""

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from actors.oauth.apps import sweep_apps
from actors.oauth.codes import sweep_codes
from actors.oauth.tokens import sweep_tokens
from actors.signin.mail_codes import sweep_codes as sweep_mail_codes
from actors.signin.sessions import sweep_sessions
from actors.signin.throttles import sweep_throttles
from federation.vocabulary import Millis

SWEEPS: Final[tuple[Callable[[sa.Connection, Millis], int], ...]] = (
    sweep_throttles,
    sweep_mail_codes,
    sweep_sessions,
    sweep_codes,
    sweep_tokens,
    sweep_apps,
)
"""Apps come last: what they hold goes first."""
