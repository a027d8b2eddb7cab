"""What strangers may send, in any shape: nothing but documented errors comes of it, in bounded time and memory.

The same targets run in two ways: a short, fixed form within `make test`, and as long as wanted by `make fuzz`,
there guided by coverage where `atheris` is installed.
"""
