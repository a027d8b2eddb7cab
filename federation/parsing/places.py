"""What posts and areas say of where something is."""

from federation.reader import Reader


def read_degrees(place: Reader, key: str, bound: int) -> float | None:
    """Read a latitude or longitude; what lies beyond the bound is none."""
    value = place.real(key)
    return value if value is not None and -bound <= value <= bound else None
