"""Areas of one region: who has agreed with whom on what, and what comes of it."""
