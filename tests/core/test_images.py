"""Images from outside."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from editgauge.core import images
from editgauge.core.images import (
    ImageError,
    inspect_image,
    load_image,
    save_png,
    store_image,
)

RED = (255, 0, 0)
WHITE = (255, 255, 255)


def encode(image: Image.Image, format_name: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, format_name, **options)
    return data.getvalue()


def load(data: bytes) -> Image.Image:
    return load_image(io.BytesIO(data))


def pixel(image: Image.Image, place: tuple[int, int]) -> tuple[int, ...]:
    value = image.getpixel(place)
    assert isinstance(value, tuple)
    return value


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_read_from_paths_and_from_bytes(
    tmp_path: Path, format_name: str
) -> None:
    data = encode(Image.new("RGB", (7, 5), RED), format_name)
    path = tmp_path / "named.anyhow"
    path.write_bytes(data)
    assert (
        inspect_image(path) == inspect_image(str(path)) == inspect_image(io.BytesIO(data)) == (7, 5)
    )
    loaded = load_image(path)
    assert (loaded.mode, loaded.size) == ("RGB", (7, 5))
    red, green, blue = pixel(loaded, (3, 2))
    assert red > 240
    assert max(green, blue) < 15


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_becomes_rgb(mode: str) -> None:
    loaded = load(encode(Image.new(mode, (1, 1))))
    assert (loaded.mode, loaded.size) == ("RGB", (1, 1))


@pytest.mark.parametrize(("mode", "empty"), [("RGBA", (0, 0, 0, 0)), ("LA", (0, 0))])
def test_transparency_is_laid_over_white(mode: str, empty: tuple[int, ...]) -> None:
    assert pixel(load(encode(Image.new(mode, (2, 2), empty))), (0, 0)) == WHITE


def test_a_transparent_colour_is_laid_over_white() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.putpixel((1, 0), 1)
    loaded = load(encode(palette, transparency=0))
    assert [pixel(loaded, (x, 0)) for x in (0, 1)] == [WHITE, RED]
    assert pixel(load(encode(Image.new("RGB", (1, 1)), transparency=(0, 0, 0))), (0, 0)) == WHITE


def test_sixteen_bits_keep_their_shades() -> None:
    deep = Image.new("I;16", (3, 1))
    for x, value in enumerate((0, 32_768, 65_535)):
        deep.putpixel((x, 0), value)
    loaded = load(encode(deep))
    assert [pixel(loaded, (x, 0))[0] for x in range(3)] == [0, 128, 255]


def test_cmyk_becomes_rgb() -> None:
    data = encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")
    red, green, blue = pixel(load(data), (4, 4))
    assert red > 240
    assert max(green, blue) < 15


def test_the_exif_orientation_is_applied_when_loading() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(Image.new("RGB", (16, 8), RED), "JPEG", exif=exif)
    assert inspect_image(io.BytesIO(data)) == (16, 8)
    assert load(data).size == (8, 16)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(format_name: str) -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    options = {"lossless": True} if format_name == "WEBP" else {}
    data = encode(frames[0], format_name, save_all=True, append_images=frames[1:], **options)
    assert pixel(load(data), (0, 0)) == RED


@pytest.mark.parametrize("format_name", ["GIF", "TIFF", "BMP", "ICO", "PPM"])
def test_another_format_is_refused_whatever_its_name(tmp_path: Path, format_name: str) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(encode(Image.new("RGB", (16, 16)), format_name))
    with pytest.raises(ImageError, match=r"picture\.png is no PNG, JPEG or WebP image"):
        inspect_image(path)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"RIFF\x10\0\0\0WEBP",
        b"\0" * 100,
    ],
)
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError):
        inspect_image(io.BytesIO(data))


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(ImageError, match="is empty"):
        inspect_image(tmp_path / "empty.png")


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "pipe.png", Path("/dev/zero")):
        with pytest.raises(ImageError, match="is not a file"):
            inspect_image(path)
    with pytest.raises(ImageError, match="No such file"):
        inspect_image(tmp_path / "missing.png")
    for impossible in ("a\0b.png", "\ud800.png"):
        with pytest.raises(ImageError, match="not a possible path"):
            inspect_image(impossible)


@pytest.mark.parametrize(
    "size",
    [(10_001, 10_000), (12_000, 12_000), (50_000, 50_000), (2**31 - 1, 2**31 - 1)],
)
def test_a_header_that_claims_too_many_pixels_is_refused(size: tuple[int, int]) -> None:
    # No warning of Pillow gets out either: warnings are errors here.
    with pytest.raises(ImageError, match=r"pixels|cannot be read"):
        inspect_image(io.BytesIO(png_header(*size)))


def test_a_size_just_below_the_limit_draws_no_warning() -> None:
    assert inspect_image(io.BytesIO(png_header(10_000, 10_000))) == (10_000, 10_000)


def test_an_image_without_pixels_is_refused() -> None:
    with pytest.raises(ImageError):
        inspect_image(io.BytesIO(png_header(0, 5)))


def test_too_many_bytes_are_refused_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 50)
    data = encode(Image.new("RGB", (9, 9)))
    (tmp_path / "large.png").write_bytes(data)
    for source in (tmp_path / "large.png", io.BytesIO(data)):
        with pytest.raises(ImageError, match="at most 50 are accepted"):
            inspect_image(source)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_image_is_never_loaded(format_name: str) -> None:
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    data = encode(noise, format_name)
    with pytest.raises(ImageError):
        load(data[: len(data) // 2])


def test_a_damaged_body_is_an_image_error() -> None:
    assert inspect_image(io.BytesIO(png_header(64, 64))) == (64, 64)
    with pytest.raises(ImageError, match="damaged"):
        load(png_header(64, 64))


def test_a_png_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.png"
    save_png(Image.new("RGB", (3, 3), RED), path)
    before = path.read_bytes()
    assert pixel(load(before), (1, 1)) == RED

    def fail(_image: Image.Image, target: IO[bytes], **_options: object) -> None:
        target.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save_png(Image.new("RGB", (3, 3)), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.png"]


@pytest.mark.parametrize(
    ("format_name", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")]
)
def test_an_encoded_image_is_stored_byte_for_byte(
    tmp_path: Path, format_name: str, suffix: str
) -> None:
    data = encode(Image.new("RGB", (3, 3), RED), format_name)
    path = store_image(data, tmp_path, "name")
    assert path == tmp_path / f"name{suffix}"
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_a_jpeg_with_a_second_picture_is_a_jpeg(tmp_path: Path) -> None:
    pair = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    data = encode(pair[0], "MPO", save_all=True, append_images=pair[1:])
    assert store_image(data, tmp_path, "name").suffix == ".jpg"
    assert pixel(load(data), (4, 4))[0] > 240


def test_what_is_no_image_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(ImageError):
        store_image(b"<svg/>", tmp_path, "name")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_module_needs_no_pillow() -> None:
    code = "import sys; sys.modules['PIL'] = None; import editgauge.core.images"
    subprocess.run([sys.executable, "-c", code], check=True)
