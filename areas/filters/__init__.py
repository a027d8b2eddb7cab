"""What a resident does not want to read: words and posts, by where she would see them."""
