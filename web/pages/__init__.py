"""The plain pages: what anyone can read without an account, in Japanese and English, without JavaScript."""
