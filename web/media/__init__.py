"""Pictures: the bytes of `areas.media`. Taking them in, decoding them apart, keeping and serving them."""
