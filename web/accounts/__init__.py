"""Signing in, what an account may look after itself, and the consent that an app may speak for it."""
