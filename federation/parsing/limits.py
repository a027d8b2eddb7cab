"""How much of a document we take: what is longer is cut, except addressing, which is refused whole.

Cutting an addressing list could turn a private post into a public one for a reader that looks for names
it does not find; everything else may lose its end.
"""

MAX_ADDRESSEES = 200
"""Values in `to`, `cc`, `audience`, `target`, `attributedTo`: refused beyond."""

MAX_REPORTED = 200
"""Objects of one `Flag`: refused beyond (Mastodon sends at most 50 posts and the account)."""

MAX_TAGS = 100
MAX_ATTACHMENTS = 16
MAX_FIELDS = 16
MAX_POLL_OPTIONS = 50
MAX_LANGUAGES = 20
MAX_KEYS = 16
MAX_ALIASES = 50
MAX_IMPLEMENTS = 100
MAX_AREA_CODES = 200
MAX_ITEMS = 1000
"""Items of one collection or page (an outbox of Lemmy has 50)."""

MAX_CONTENT = 100_000
"""Characters of raw `content`; the sanitiser shows less."""

MAX_ACTOR_SUMMARY = 20_000
MAX_SUMMARY = 5_000
MAX_NAME = 500
MAX_ALTERNATIVE_TEXT = 5_000
MAX_FIELD_VALUE = 2_048
MAX_HASHTAG = 200
MAX_POLL_OPTION = 500
MAX_PEM = 16_384
"""Characters of a `publicKeyPem`: RSA of 8192 bits needs 1,500."""

MAX_TOKEN = 200
"""Characters of a media type, a blurhash, a multibase key, a hazard, a WebFinger address."""
