"""Backups: one file with all that a node is, made while it runs, put back anywhere.

`archive` is the file, `configuration`, `files` (SQLite) and `tables` (PostgreSQL) are what goes into it, `making` and
`restoring` the two ways.
"""
