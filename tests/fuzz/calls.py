"""Parameters that mean something, by address: what is right is spoiled more deeply than what never was."""

Pairs = tuple[tuple[str, str], ...]

_APP: Pairs = (("client_id", "{client}"), ("redirect_uri", "{callback}"))
_ASKED: Pairs = (*_APP, ("response_type", "code"), ("scope", "read write"), ("state", "s"))
_PROOF: Pairs = (
    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ("code_challenge_method", "S256"),
)

QUERIES: dict[str, Pairs] = {
    "/oauth/authorize": (*_ASKED, *_PROOF),
    "/.well-known/webfinger": (("resource", "acct:hanako@machi.test"),),
    "/api/v1/accounts/lookup": (("acct", "alice@p.test"),),
    "/api/v1/accounts/search": (("q", "alice"), ("resolve", "true"), ("limit", "40")),
    "/api/v2/search": (("q", "除雪"), ("type", "statuses"), ("resolve", "true")),
    "/api/v1/accounts/relationships": (("id[]", "{person}"), ("with_suspended", "true")),
    "/api/v1/timelines/home": (("limit", "40"), ("max_id", "{post}"), ("min_id", "0")),
    "/api/v1/timelines/public": (("local", "true"), ("since_id", "{post}"), ("only_media", "1")),
    "/api/v1/notifications": (
        ("types[]", "mention"),
        ("exclude_types[]", "follow"),
        ("account_id", "{person}"),
    ),
    "/areas/{username}": (("before", "1795521600000000000"), ("lang", "en")),
    "/posts/{post_id:int}/replies": (("after", "0"),),
}
"""For the query string."""

BODIES: dict[str, Pairs] = {
    "/oauth/authorize": (("decision", "allow"), ("speaker", "{person}")),
    "/oauth/token": (
        *_APP,
        ("grant_type", "client_credentials"),
        ("client_secret", "{secret}"),
        ("scope", "read"),
    ),
    "/oauth/revoke": (*_APP, ("client_secret", "{secret}"), ("token", "x")),
    "/api/v1/apps": (
        *(("client_name", "app"), ("redirect_uris", "https://a.example/cb\nurn:ietf:wg:oauth:2.0:oob")),
        *(("scopes", "read write follow push"), ("website", "https://a.example/")),
    ),
    "/api/v1/statuses": (
        *(
            ("status", "駅前 #除雪 @alice@p.test https://p.test/1"),
            ("visibility", "public"),
            ("language", "ja"),
        ),
        *(("spoiler_text", "雪"), ("sensitive", "true"), ("in_reply_to_id", "{post}"), ("media_ids[]", "1")),
        *(
            ("poll[options][]", "a"),
            ("poll[options][]", "b"),
            ("poll[expires_in]", "3600"),
            ("poll[multiple]", "1"),
        ),
        *(("scheduled_at", "2027-01-01T00:00:00Z"), ("quoted_status_id", "{remote}")),
    ),
    "/api/v1/statuses/{id}": (("status", "直しました"), ("spoiler_text", ""), ("poll[options][]", "c")),
    "/api/v1/polls/{id}/votes": (("choices[]", "0"),),
    "/api/v1/lists": (("title", "近所"), ("replies_policy", "list"), ("exclusive", "true")),
    "/api/v1/lists/{id}/accounts": (("account_ids[]", "{person}"),),
    "/api/v1/filters": (
        ("phrase", "雪"),
        ("context[]", "home"),
        ("expires_in", "60"),
        ("whole_word", "true"),
    ),
    "/api/v2/filters": (
        *(("title", "雪"), ("context[]", "home"), ("filter_action", "hide"), ("expires_in", "")),
        *(("keywords_attributes[][keyword]", "雪"), ("keywords_attributes[][whole_word]", "false")),
    ),
    "/api/v1/markers": (("home[last_read_id]", "{post}"), ("notifications[last_read_id]", "1")),
    "/api/v1/reports": (
        *(("account_id", "{person}"), ("status_ids[]", "{post}"), ("comment", "宣伝"), ("category", "spam")),
        *(("forward", "true"), ("rule_ids[]", "1")),
    ),
    "/api/v1/accounts/{id}/mute": (("duration", "60"), ("notifications", "false")),
    "/api/v1/accounts/{id}/follow": (("reblogs", "false"), ("notify", "true"), ("languages[]", "ja")),
    "/api/v1/domain_blocks": (("domain", "e.test"),),
    "/api/v1/featured_tags": (("name", "除雪"),),
    "/api/v1/push/subscription": (
        *(("subscription[endpoint]", "https://push.example/x"), ("subscription[keys][p256dh]", "BNcRd")),
        *(("subscription[keys][auth]", "tBHI"), ("data[alerts][mention]", "true"), ("data[policy]", "all")),
    ),
    "/api/v1/notifications/policy": (("filter_not_following", "true"), ("for_new_accounts", "filter")),
    "/sign-in": (("email", "hanako@mail.example"), ("password", "niwatori hasami 42"), ("way", "password")),
    "/account/password": (("password", "niwatori hasami 43"), ("keep", "1")),
    "/report": (("uri", "https://machi.test/posts/1"), ("text", "宣伝です。")),
    "/areas/{username}/follow": (("account", "@alice@p.test"),),
}
"""For the body, as a form or as JSON."""
