"""The protocol: what any ActivityPub server must know, and the one door to other servers (`client`)."""
