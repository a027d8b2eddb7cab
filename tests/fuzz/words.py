"""What has broken readers before: texts, numbers, and the keys under which they are looked for."""


def _split(text: str) -> list[str]:
    return text.split()


STRANGE_TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\x01",
        "\x7f",
        "\x85",
        "\ud800",
        "\udc00\ud800",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
    ),
    *(
        "\u2028",
        "a" * 300,
        "駅" * 300,
        "🏯",
        "👩\u200d👧",
        "e" + "\u0301" * 4,
        "ﷺ",
        "İ",
        "ß",
        "ſ",
        "\u00ad",
        "Ａ",
    ),
    *(
        "%",
        "_",
        "'",
        '"',
        "\\",
        "<script>alert(1)</script>",
        "<a href='javascript:1'>",
        "<p>" * 40,
        "&#0;",
        "&lt;",
    ),
    *("]]>", "@alice@p.test", "#tag", "https://p.test/users/alice", "https://p.test/users/alice#main-key"),
    *("https://p.test/users/bob", "https://machi.test/people/hanako", "https://machi.test/areas/megumino"),
    *(
        "https://machi.test/inbox",
        "https://e.test/x",
        "https://p.test/",
        "http://p.test/a",
        "https://u@p.test/",
    ),
    *("https://p.test:443/a", "https://P.TEST/a", "https://127.0.0.1/", "https://[::1]/", "https://駅.test/"),
    *("https://p.test/" + "x" * 2033, "https://p.test/" + "x" * 2034, "https://" + "a." * 127 + "test/"),
    *("acct:alice@p.test", "alice@p.test", "javascript:1", "data:,x", "//e.test/", "/x", "https://"),
    *("https://p.test\\@e.test/", "https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"),
    *(
        "2026-11-24T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ),
    *("2026-11-24", "2026-11-24T12:00:00.123456789+09:00", "-0001-01-01T00:00:00Z", "12026-01-01T00:00:00Z"),
    *("und", "ja", "zh-Hant-TW", "x" * 36, "image/png", "text/html", "PropertyValue", "Mention", "Hashtag"),
    *("Tombstone", "Note", "Group", "OrderedCollection", "Multikey", "self", "application/activity+json"),
)
STRANGE_NUMBERS = (
    *(0, -1, 1, 1.5, -0.0, 1e308, 5e-324, 2**31, 2**53, 2**63 - 1, -(2**63), 2**63, 10**30),
    *(True, False, None),
)
KEYS = tuple(
    _split(
        """
        id type actor object to cc bto audience attributedTo inReplyTo published updated content contentMap summary
        summaryMap name nameMap tag attachment url href mediaType sensitive publicKey publicKeyPem owner controller
        assertionMethod publicKeyMultibase inbox outbox endpoints sharedInbox preferredUsername icon image
        alsoKnownAs movedTo implements generator target interactionPolicy canAnnounce automaticApproval oneOf anyOf
        replies totalItems votersCount location address latitude longitude startTime endTime alertLevel hazard
        areaCodes expires peering zone accepts maxPerHour homeGroup orderedItems items first next proof signature
        @context @graph @id @type context language subject links rel template software version formerType deleted
        webfinger value width blurhash moderators postingRestrictedToMods followers \0 ключ
        """
    )
)
