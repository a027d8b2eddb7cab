"""Streams of the client API: by WebSocket and as server-sent events, the same events on both."""
