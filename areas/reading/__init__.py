"""What one reader may see, and sees: the visibility clause, timelines by keyset, what is known of each post.

Reads only; every function takes a `Reader` (None = signed out) and asks `areas.reading.visibility`.
"""
