"""How accounts prove who they are, and for how long that is believed: credentials, throttles, sessions."""
