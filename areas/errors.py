"""What residents are refused for reasons of their own post; the text names the rule. See `federation.errors`."""

from federation.errors import Refused


class StaysInArea(Refused):
    """A post for the members of an area leaves neither the area nor this server: nobody boosts, widens or sends it."""


class ModeratorsOnly(Refused):
    """In a group of another server, named by its handle, only those who moderate it begin a conversation."""

    def __init__(self, group: str) -> None:
        super().__init__(
            f"{group} に投稿できるのは、そこを管理する人だけです。返信はできます。"
            f" Only its moderators post to {group}; replies are welcome."
        )
        self.group = group
