"""Pictures for the demonstration, painted when they are needed: nobody's photographs, no files to ship."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

SIZE: Final = (1600, 1200)
PORTRAIT: Final = (400, 400)
_CORAL, _CREAM, _SNOW, _PINE, _BARK = (
    (214, 106, 82),
    (250, 240, 220),
    (240, 245, 250),
    (34, 74, 60),
    (92, 68, 52),
)

Colour = tuple[int, int, int]


def paint(name: str, path: Path) -> None:
    """Write the picture of this name as a JPEG."""
    _PICTURES[name]().save(path, "JPEG", quality=88)


def paint_face(number: int, path: Path) -> None:
    """Write a face: a hill before a sky, in colours of its own."""
    chance = random.Random(number)  # noqa: S311 - a picture, not a secret
    sky, hill = (_bright(chance, 150), _bright(chance, 60))
    image = _sky(PORTRAIT, sky, _CREAM)
    draw = ImageDraw.Draw(image)
    draw.ellipse((260, 60, 340, 140), fill=_CREAM)
    draw.ellipse((-120, 210, 330, 700), fill=hill)
    draw.ellipse((150, 260, 620, 760), fill=tuple(each // 2 + 20 for each in hill))
    image.save(path, "PNG")


def _bright(chance: random.Random, least: int) -> Colour:
    return (
        chance.randint(least, least + 100),
        chance.randint(least, least + 100),
        chance.randint(least, least + 100),
    )


def _sky(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    """A gradient from the top to the bottom."""
    line = Image.new("RGB", (1, 2))
    line.putpixel((0, 0), top)
    line.putpixel((0, 1), bottom)
    return line.resize(size, Image.Resampling.BICUBIC)


def _mountains(image: Image.Image, base: int, height: int, colour: Colour, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a picture, not a secret
    steps = range(-100, image.width + 200, 100)
    ridge = [(x, base - chance.randint(height // 3, height)) for x in steps]
    ImageDraw.Draw(image).polygon(
        [(-100, image.height), *ridge, (image.width + 100, image.height)], fill=colour
    )


def _river() -> Image.Image:
    """A river between autumn hills, fish leaping."""
    image = _sky(SIZE, (120, 170, 205), _CREAM)
    _mountains(image, 620, 320, (120, 140, 150), 1)
    _mountains(image, 760, 220, (176, 112, 70), 2)
    draw = ImageDraw.Draw(image)
    draw.polygon([(620, 760), (980, 760), (1500, 1200), (60, 1200)], fill=(64, 120, 150))
    for row in range(9):
        y, spread = 800 + row * 45, 60 + row * 55
        draw.arc((800 - spread, y, 800 + spread, y + 26), 10, 170, fill=(150, 195, 210), width=6)
    for x, y in ((690, 900), (980, 1010), (760, 1080)):
        draw.ellipse((x, y, x + 120, y + 40), fill=_CORAL)
        draw.polygon([(x + 112, y + 20), (x + 160, y - 6), (x + 160, y + 46)], fill=_CORAL)
    return image.filter(ImageFilter.GaussianBlur(1.2))


def _snow() -> Image.Image:
    """A cleared street between banks of snow, in the evening."""
    image = _sky(SIZE, (40, 56, 96), (214, 170, 170))
    draw = ImageDraw.Draw(image)
    chance = random.Random(3)  # noqa: S311 - a picture, not a secret
    for x in range(0, 1600, 200):
        top = 520 - chance.randint(0, 160)
        draw.rectangle((x, top, x + 186, 820), fill=(58, 62, 84))
        for window in range(top + 30, 760, 80):
            draw.rectangle((x + 40, window, x + 80, window + 40), fill=(250, 214, 140))
            draw.rectangle((x + 110, window, x + 150, window + 40), fill=(70, 76, 100))
    draw.rectangle((0, 800, 1600, 1200), fill=_SNOW)
    draw.polygon([(700, 800), (900, 800), (1300, 1200), (300, 1200)], fill=(96, 100, 112))
    for _ in range(700):
        x, y, size = chance.randint(0, 1600), chance.randint(0, 1200), chance.randint(2, 7)
        draw.ellipse((x, y, x + size, y + size), fill=(255, 255, 255))
    return image


def _garden() -> Image.Image:
    """A garden with trees wrapped in straw for the winter."""
    image = _sky(SIZE, (176, 206, 226), _CREAM)
    _mountains(image, 700, 180, (150, 168, 168), 4)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 800, 1600, 1200), fill=(150, 150, 96))
    for x, height in ((160, 520), (560, 640), (980, 560), (1340, 480)):
        draw.rectangle((x + 88, 840, x + 112, 980), fill=_BARK)
        draw.polygon([(x + 100, 960 - height), (x, 920), (x + 200, 920)], fill=_PINE)
        for rope in range(-100, 101, 25):
            draw.line((x + 100, 930 - height, x + 100 + rope, 960), fill=(226, 190, 110), width=5)
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _dog() -> Image.Image:
    """A brown dog with a red collar, waiting in the snow."""
    image = _sky(SIZE, (186, 206, 222), _SNOW)
    draw = ImageDraw.Draw(image)
    brown, pale = (176, 116, 66), (240, 220, 190)
    draw.ellipse((520, 620, 1080, 1160), fill=brown)
    draw.ellipse((640, 760, 960, 1160), fill=pale)
    draw.polygon([(600, 420), (640, 190), (760, 330)], fill=brown)
    draw.polygon([(1000, 420), (960, 190), (840, 330)], fill=brown)
    draw.ellipse((580, 280, 1020, 700), fill=brown)
    draw.ellipse((670, 460, 930, 700), fill=pale)
    draw.rectangle((640, 676, 960, 716), fill=(200, 40, 40))
    for x in (700, 860):
        draw.ellipse((x, 430, x + 40, 480), fill=(30, 24, 20))
    draw.ellipse((766, 540, 834, 590), fill=(30, 24, 20))
    return image.filter(ImageFilter.GaussianBlur(1))


_PICTURES: Final[dict[str, Callable[[], Image.Image]]] = {
    "river": _river,
    "snow": _snow,
    "garden": _garden,
    "dog": _dog,
}
