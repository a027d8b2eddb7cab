"""What apps may do in whose name: registered apps, scopes, codes, tokens (RFC 6749, in Mastodon's dialect)."""
