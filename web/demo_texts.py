"""Who lives in the demonstration's towns, and what they write. Codes are the real ones, people are invented."""

from dataclasses import dataclass


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


TOWNS = (
    Town("chitose", "千歳市", "012246", 8461, (("yuki_3141", "ゆき"), ("tetsu_2718", "テツ"))),
    Town("eniwa", "恵庭市", "012319", 8462, (("hana_1618", "はな"), ("sora_5772", "そら"))),
    Town("kitahiroshima", "北広島市", "012343", 8463, (("riku_4669", "りく"), ("mei_9160", "めい"))),
)


@dataclass(frozen=True, slots=True)
class Story:
    """What somebody posts to an area; `photos` are names of `web.demo_pictures` with what they show."""

    home: str
    author: str
    area: str
    text: str
    photos: tuple[tuple[str, str], ...] = ()


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
)


REPLIES = (
    ("chitose", "yuki_3141", "鮭のふるさと館の前がよく見えますよ。"),
    ("eniwa", "hana_1618", "土曜の午前十時からです。どうぞお子さんと。"),
)
"""Home, author, text: an answer to a neighbour's post in one's own area."""
