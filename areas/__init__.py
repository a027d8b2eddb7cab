"""What we are for: areas, posts, submissions, policy, boosts, threads."""
