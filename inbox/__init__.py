"""What we hear: verify, parse, check, and hand to the right handler."""
