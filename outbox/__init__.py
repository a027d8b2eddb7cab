"""What we say: the log of our activities, audiences, cursors, and the worker that sends."""
