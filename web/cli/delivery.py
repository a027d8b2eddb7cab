"""Commands about delivery: what is owed to whom and why, and sending it again."""
