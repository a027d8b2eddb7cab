"""Who exists: local and remote actors, their origins, keys, follows and standing; the root of the schema."""
