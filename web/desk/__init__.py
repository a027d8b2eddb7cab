"""Pages for those who look after an area: what waits for them."""
