"""What needs the network later: each module has a `run_due`, and `due` runs them all."""
