"""Small patches that each delete or weaken one security check, and the proof that a test notices every one.

`make mutants` applies them one at a time to copies of the tree. The lists are the `.toml` files beside this.
"""
