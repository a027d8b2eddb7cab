"""Short posts of towns in Hokkaido, some in English, with words that are common and words that are rare."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from areas.search.words import split

COMMON_PLACE, RARE_PLACE = "札幌", "芦別"
COMMON_SIGN, RARE_SIGN = "雪", "鯨"
COMMON_THING, LONG_WORD = "温泉", "図書室"
COMMON_ENGLISH, RARE_ENGLISH = "festival", "lighthouse"

_PLACES = (
    "恵み野",
    "千歳",
    "北広島",
    "江別",
    "岩見沢",
    "小樽",
    "石狩",
    "当別",
    COMMON_PLACE,
    "新札幌",
    "長沼",
    "由仁",
)
_THINGS = (
    ("駅前の除雪", "が入りました。歩道はまだ狭いです。"),
    (f"公民館の{LONG_WORD}", "は、来週の月曜から開きます。"),
    ("夏祭りの手伝い", "をさがしています。子どもも歓迎です。"),
    ("ごみの収集日", "が変わります。カレンダーをご覧ください。"),
    ("迷い猫", "を見かけました。首輪は青です。"),
    ("大雪のため学校", "は休みになりました。"),
    ("朝市", "で野菜が安く買えますよ。"),
    ("水道の工事", "のため、夜間に断水があります。"),
    ("今日の運動会", "は天気がよくて何よりでした。"),
    ("熊の目撃情報", "がありました。山に近づかないでください。"),
    (COMMON_THING, "の割引券を配っています。"),
    ("防災訓練", "に参加しました。"),
)
_ENGLISH = (
    "The snow festival opens on Friday, everybody is welcome. ",
    "Bus number 14 is late because of the weather. ",
    "Free English lessons at the community centre every Tuesday. ",
    "We found a red bicycle near the station. ",
)
_RARE = ((f"{RARE_PLACE}の星まつりに行ってきました。", 1000), (f"{RARE_SIGN}の骨格標本を見ました。", 5000))
_RARE_ENGLISH = ("The lighthouse is lit tonight. ", 2000)
TAGS = ("除雪", "祭り", "迷子", "朝市", "防災", "snow", "千歳", "図書室", "温泉", "ごみ")


@dataclass(frozen=True, slots=True)
class Text:
    """A post's text and its words."""

    plain: str
    words: tuple[str, ...]


@cache
def _sentences() -> tuple[tuple[str, frozenset[str]], ...]:
    written = [f"{place}の{thing}{rest}" for place, (thing, rest) in product(_PLACES, _THINGS)]
    return tuple((each, frozenset(split(each))) for each in written)


@cache
def _words_of(text: str) -> frozenset[str]:
    return frozenset(split(text))


def write_texts(count: int, chance: random.Random) -> Iterator[Text]:
    """Texts of one to three sentences; a number of its own makes each another one."""
    sentences = _sentences()
    for number in range(count):
        chosen = chance.choices(sentences, k=chance.choice((1, 1, 2, 3)))
        extra = [text for text, every in (*_RARE, _RARE_ENGLISH) if number % every == every // 2]
        if chance.random() < 0.1:
            extra.append(chance.choice(_ENGLISH))
        plain = "".join([*(text for text, _ in chosen), *extra, str(number)])
        words = set().union(*(words for _, words in chosen), *map(_words_of, extra))
        yield Text(plain, (*words, str(number)))
