"""Read models as the JSON that apps read. Pure; every key is always there, since native apps drop a page for one."""
