"""What residents are refused for reasons of their own post; the text names the rule. See `federation.errors`."""

from federation.errors import Refused


class StaysInArea(Refused):
    """A post for the members of an area leaves neither the area nor this server: nobody boosts, widens or sends it."""
