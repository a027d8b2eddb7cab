"""Things to give away (ゆずる)."""

from areas.kinds import offers
from areas.kinds.kind import OPEN, Kind
from areas.kinds.tables import offers as table

GIVE = Kind(
    name="give",
    tag="ゆずります",
    heads={
        OPEN: "【ゆずります】",
        offers.RESERVED: "【ゆずります・お相手と調整中】",
        offers.DONE: "【受け渡し済み】",
        offers.WITHDRAWN: "【取りやめ】",
    },
    table=table,
    read=offers.read,
    write=offers.write,
    fields=("item", "until"),
    steps=offers.STEPS,
    replies=offers.REPLIES,
    headline=lambda offer: offer.item,
    closing=offers.close_with("ほしい方は、この投稿に返信してください。"),
    extend=offers.propose("offer"),
    not_for=frozenset({"shop"}),
    tab="offers",
    counts_for="application",
    until=lambda offer: offer.until,
)
