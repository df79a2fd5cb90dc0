"""A corpus of hostile image files, made anew for each test."""

import os
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image

PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def encode(image: Image.Image, format_name: str, **options: object) -> bytes:
    """Return an image as the bytes of a file."""
    buffer = BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG, with its length and its right checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(
    width: int, height: int, *, bits: int = 1, extra: bytes = b"", body: bytes = b""
) -> bytes:
    """Return a grey PNG whose header claims a size; `body` is its compressed data."""
    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return PNG_HEAD + chunk(b"IHDR", head) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _scene() -> Image.Image:
    image = Image.effect_noise((64, 48), 60).convert("RGB")
    image.putpixel((0, 0), (250, 3, 3))
    return image


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _zeros(megabytes: int) -> bytes:
    maker = zlib.compressobj(9)
    return b"".join(maker.compress(bytes(2**20)) for _ in range(megabytes)) + maker.flush()


def _rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(_scene(), "JPEG", exif=exif)


def _broken_exif() -> bytes:
    return encode(_scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 64)


def _animated(format_name: str) -> bytes:
    frames = [Image.new("RGB", (64, 48), color) for color in ("red", "green", "blue")]
    return encode(frames[0], format_name, save_all=True, append_images=frames[1:], duration=50)


def _palette() -> bytes:
    image = _scene().convert("P", palette=Image.Palette.ADAPTIVE)
    return encode(image, "PNG", transparency=bytes(range(0, 256, 1)))


def _flipped(data: bytes) -> bytes:
    """Return a PNG with changed picture data, its checksums left as they were."""
    place = data.index(b"IDAT") + 40
    return (
        data[:place] + bytes(byte ^ 0x5A for byte in data[place : place + 64]) + data[place + 64 :]
    )


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script href="https://example.invalid"/></svg>'

Verdict = Literal["accepted", "refused", "damaged"]
"""`refused` when the dataset is read; `damaged` in the worker, which fails the sample and lives."""


class Case(NamedTuple):
    """A file, and what should become of it."""

    file_name: str
    data: Callable[[], bytes]
    verdict: Verdict


CASES = {
    "as it should be": Case("a.png", lambda: encode(_scene(), "PNG"), "accepted"),
    "PNG called JPEG": Case("a.jpg", lambda: encode(_scene(), "PNG"), "accepted"),
    "WebP called text": Case("a.txt", lambda: encode(_scene(), "WEBP"), "accepted"),
    "CMYK JPEG": Case("a.jpg", lambda: encode(_scene().convert("CMYK"), "JPEG"), "accepted"),
    "16 bits": Case("a.png", lambda: encode(Image.new("I;16", (64, 48), 900), "PNG"), "accepted"),
    "turned by EXIF": Case("a.jpg", _rotated, "accepted"),
    "palette with transparency": Case("a.png", _palette, "accepted"),
    "animated WebP": Case("a.webp", lambda: _animated("WEBP"), "accepted"),
    "animated PNG": Case("a.png", lambda: _animated("PNG"), "accepted"),
    "another file behind it": Case(
        "a.png", lambda: encode(_scene(), "PNG") + b"PK\x03\x04" + b"payload" * 99, "accepted"
    ),
    "truncated PNG": Case("a.png", lambda: _half(encode(_scene(), "PNG")), "damaged"),
    "truncated JPEG": Case("a.jpg", lambda: _half(encode(_scene(), "JPEG")), "damaged"),
    "damaged data": Case("a.png", lambda: _flipped(encode(_scene(), "PNG")), "damaged"),
    "no data": Case("a.png", lambda: png_of(64, 48), "damaged"),
    "too little data": Case("a.png", lambda: png_of(64, 48, body=zlib.compress(b"")), "damaged"),
    "truncated WebP": Case("a.webp", lambda: _half(encode(_scene(), "WEBP")), "refused"),
    "header alone": Case("a.png", lambda: PNG_HEAD, "refused"),
    "bomb": Case("a.png", lambda: png_of(40_000, 40_000, body=_zeros(191)), "refused"),
    "bomb below Pillow's limit": Case(
        "a.png", lambda: png_of(10_001, 10_000, body=_zeros(12)), "refused"
    ),
    "greatest size": Case("a.png", lambda: png_of(2**31 - 1, 2**31 - 1), "refused"),
    "one row of greatest width": Case("a.png", lambda: png_of(2**31 - 1, 1), "refused"),
    "no size": Case("a.png", lambda: png_of(0, 0), "refused"),
    "huge colour profile": Case(
        "a.png",
        lambda: png_of(64, 48, extra=chunk(b"iCCP", b"x\0\0" + _zeros(64))),
        "refused",
    ),
    "huge text": Case(
        "a.png", lambda: png_of(64, 48, extra=chunk(b"zTXt", b"x\0\0" + _zeros(64))), "refused"
    ),
    "GIF": Case("a.png", lambda: encode(_scene(), "GIF"), "refused"),
    "TIFF": Case("a.png", lambda: encode(_scene(), "TIFF"), "refused"),
    "BMP": Case("a.png", lambda: encode(_scene(), "BMP"), "refused"),
    "PDF": Case("a.png", lambda: encode(_scene(), "PDF"), "refused"),
    "PostScript": Case("a.png", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run\n", "refused"),
    "SVG": Case("a.svg", lambda: _SVG, "refused"),
    "SVG called PNG": Case("a.png", lambda: _SVG, "refused"),
    "nothing": Case("a.png", lambda: b"", "refused"),
    "text": Case("a.png", lambda: b"no image at all\n", "refused"),
}


def odd_places(folder: Path) -> dict[str, str]:
    """Make what is no regular file; return paths by name, all of them to be refused."""
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "nowhere.png").symlink_to("is-not-there.png")
    (folder / "passwords.png").symlink_to("/etc/passwd")
    (folder / "device.png").symlink_to("/dev/zero")
    return {
        "folder": "folder.png",
        "named pipe": "pipe.png",
        "symbolic link to itself": "loop.png",
        "symbolic link to nothing": "nowhere.png",
        "symbolic link to a text": "passwords.png",
        "symbolic link to a device": "device.png",
        "device": "/dev/zero",
        "missing": "missing.png",
        "the folder above": "..",
        "NUL in the path": "a\0.png",
        "lone surrogate in the path": "a\ud800.png",
        "very long path": "x/" * 3_000 + "a.png",
        "very long name": "x" * 3_000,
        "address": "https://example.invalid/a.png",
        "data address": "data:image/png;base64,AAAA",
        "file address": "file:///etc/passwd",
    }
