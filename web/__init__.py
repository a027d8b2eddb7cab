"""How we are reached and run: HTTP surfaces, settings, database opening, wiring, commands."""
