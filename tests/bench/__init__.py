"""`make bench`: what must be fast, as CPU per operation and as a ratio to a floor measured in the same run."""
