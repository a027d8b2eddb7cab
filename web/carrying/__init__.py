"""An area with a host name of its own changes nodes: same ids, same keys, and nobody is asked to follow anew.

`parts` decides what belongs to a host name; `collecting` and `making` write it to a file; `reading`, `arriving` and
`settling` bring it to another node; `parting` ends it on the old one.
"""
