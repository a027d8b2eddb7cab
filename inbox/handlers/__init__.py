"""One file per activity: `handle(tx, heard) -> Verdict`, within the transaction that also marks it as seen.

A handler looks up what is stored, asks `inbox.checks`, and acts. What needs the network becomes a job.
"""
