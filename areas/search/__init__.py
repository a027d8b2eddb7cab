"""Finding posts by their words, and tags by how they begin."""
