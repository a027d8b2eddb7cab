"""Things that somebody looks for (さがす)."""

from areas.kinds import offers
from areas.kinds.kind import OPEN, Kind
from areas.kinds.tables import offers as table

ASK = Kind(
    name="ask",
    tag="さがしています",
    heads={
        OPEN: "【さがしています】",
        offers.RESERVED: "【さがしています・お相手と調整中】",
        offers.DONE: "【見つかりました】",
        offers.WITHDRAWN: "【取りやめ】",
    },
    table=table,
    read=offers.read,
    write=offers.write,
    fields=("item", "until"),
    steps=offers.STEPS,
    replies=offers.REPLIES,
    headline=lambda offer: offer.item,
    closing=offers.close_with("ゆずってくださる方は、この投稿に返信してください。"),
    extend=offers.propose("request"),
    not_for=frozenset({"shop"}),
    tab="offers",
    counts_for="application",
    until=lambda offer: offer.until,
)
