"""Durable jobs that need what only `web` has: the way out for mail, the files of pictures."""
