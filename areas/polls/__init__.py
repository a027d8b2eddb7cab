"""Polls of residents and of others: their options, votes counted once for each voter, and what is told of them."""
