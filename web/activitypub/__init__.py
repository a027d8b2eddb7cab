"""What other servers see: inboxes, documents, collections, discovery. Unsigned GETs are always served."""
