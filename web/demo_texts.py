"""Who lives in the demonstration's towns, and what they write. Codes are the real ones, people are invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from areas.kinds.times import JAPAN


@dataclass(frozen=True, slots=True)
class Town:
    """One municipality: its node's name and port, and who lives there."""

    name: str
    title: str
    code: str
    port: int
    residents: tuple[tuple[str, str], ...]

    @property
    def host(self) -> str:
        """The host of handles."""
        return f"{self.name}.localhost:{self.port}"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{self.host}"

    @property
    def handle(self) -> str:
        """The area's handle."""
        return f"@{self.name}@{self.host}"

    @property
    def desk(self) -> str:
        """The name of the official desk that writes its notices."""
        return f"{self.name}_koho"


TOWNS = (
    Town("chitose", "千歳市", "012246", 8461, (("yuki_3141", "ゆき"), ("tetsu_2718", "テツ"))),
    Town("eniwa", "恵庭市", "012319", 8462, (("hana_1618", "はな"), ("sora_5772", "そら"))),
    Town("kitahiroshima", "北広島市", "012343", 8463, (("riku_4669", "りく"), ("mei_9160", "めい"))),
)


@dataclass(frozen=True, slots=True)
class Story:
    """What somebody posts to an area; `photos` are names of `web.demo_pictures` with what they show.

    `details` are the fields of its `kind`; a `{number}` in them is the day so many days from today.
    """

    home: str
    author: str
    area: str
    text: str
    photos: tuple[tuple[str, str], ...] = ()
    kind: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    def fill(self) -> list[str]:
        """The details as `kairanban post --detail` takes them, counted from today."""
        today = datetime.now(JAPAN).date()
        days = [(today + timedelta(days=number)).isoformat() for number in range(LATEST_DAY + 1)]
        return [f"{name}={value.format(*days)}" for name, value in self.details.items()]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a post in the area of the home of who answers; `to` are words of that post."""

    home: str
    author: str
    to: str
    text: str


LATEST_DAY = 30
"""Days from today, at most, of what is to come."""


STORIES = (
    Story(
        "eniwa",
        "hana_1618",
        "chitose",
        "千歳川で鮭がのぼるところが見えました。子どもたちが大喜びです。",
        (("river", "秋の山のあいだを流れる川。赤い鮭が三匹、流れをさかのぼっている。"),),
    ),
    Story(
        "kitahiroshima",
        "riku_4669",
        "chitose",
        "空港までの道、けさは凍っています。早めに出るとよさそうです。",
    ),
    Story(
        "chitose",
        "yuki_3141",
        "chitose",
        "駅前の除雪が入りました。歩道はまだ狭いので気をつけてください。",
        (("snow", "夕方の駅前通り。道は除雪され、両側に雪が積もっている。"),),
    ),
    Story(
        "chitose",
        "yuki_3141",
        "eniwa",
        "恵み野の庭の冬囲い、みごとでした。案内してくださった方、ありがとう。",
        (("garden", "縄で雪吊りをした木が四本並ぶ庭。"), ("river", "庭のそばを流れる川。")),
    ),
    Story(
        "kitahiroshima",
        "mei_9160",
        "eniwa",
        "恵庭の図書館で読み聞かせがあると聞きました。どなたか時間をご存じですか。",
    ),
    Story("eniwa", "hana_1618", "eniwa", "公民館のコピー機、直りました。午後から使えるそうです。"),
    Story("chitose", "tetsu_2718", "kitahiroshima", "球場へ行く臨時バス、千歳駅からも出るでしょうか。"),
    Story(
        "eniwa", "sora_5772", "kitahiroshima", "雪かきの道具を譲ってくださる方がいたら、おしらせください。"
    ),
    Story(
        "kitahiroshima",
        "riku_4669",
        "kitahiroshima",
        "西の里で迷い犬を見かけました。茶色の柴犬、赤い首輪です。",
        (("dog", "雪の中に座る茶色の柴犬。赤い首輪をしている。"),),
    ),
    Story(
        "chitose",
        "chitose_koho",
        "chitose",
        "除雪車が通るため、夜十時から朝六時までは路上に車を止めないでください。（これは見本です。）",
        kind="notice",
        details={"since": "{0}", "last_day": "{30}"},
    ),
    Story(
        "chitose",
        "yuki_3141",
        "chitose",
        "玄関のドアが凍って開かない朝があります。みなさんはどうしていますか。",
        kind="question",
    ),
    Story(
        "chitose",
        "tetsu_2718",
        "chitose",
        "スープカレーの野菜が大きくて、子どもも完食でした。昼は並ぶので、開店すぐがおすすめです。",
        kind="review",
        details={"place": "食堂みずうみ", "address": "千歳市みずうみ町1丁目"},
    ),
    Story(
        "chitose",
        "tetsu_2718",
        "chitose",
        "娘が大きくなって使わなくなりました。少し傷がありますが、よくすべります。取りに来られる方へ。",
        kind="give",
        details={"item": "子ども用のそり", "until": "{14}"},
    ),
    Story(
        "chitose",
        "yuki_3141",
        "chitose",
        "この冬の間だけでも使えるものを探しています。こちらから受け取りに行きます。",
        kind="ask",
        details={"item": "屋根の雪おろし用のスコップ", "until": "{21}"},
    ),
    Story(
        "chitose",
        "yuki_3141",
        "chitose",
        "牛乳パックでキャンドルを作って、いっしょにともします。手ぶらでどうぞ。",
        kind="event",
        details={
            "title": "雪あかりをつくる会",
            "starts": "{6}T15:00",
            "ends": "{6}T17:00",
            "place": "みずうみ町会館",
            "address": "千歳市みずうみ町2丁目",
            "price": "無料",
            "capacity": "20",
        },
    ),
)


REPLIES = (
    Reply("chitose", "yuki_3141", "鮭がのぼる", "水族館の前の橋からもよく見えますよ。"),
    Reply("eniwa", "hana_1618", "読み聞かせ", "土曜の午前十時からです。どうぞお子さんと。"),
    Reply(
        "chitose", "tetsu_2718", "玄関のドア", "前の晩に、ゴムのところの水気をふいておくと凍りにくいですよ。"
    ),
    Reply("chitose", "yuki_3141", "よくすべります", "ほしいです。土曜の午前に受け取りに行けます。"),
)
