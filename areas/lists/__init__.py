"""Lists of whom a resident follows, and the lists that every area she follows is to her without her making one."""
