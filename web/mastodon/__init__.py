"""The client API, in Mastodon's dialect, for apps that know nothing of areas. One file per resource."""
