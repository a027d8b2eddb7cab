"""What is known of pictures: whose they are, which post they belong to, what they show, whether they may be seen.

Bytes are `web.media`'s: it is told names here, keeps files under them, and removes them when it is told to.
"""
