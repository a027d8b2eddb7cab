"""Part 8: days of posts in a region of 70 towns with 90 areas, on a network that fails as networks do."""
