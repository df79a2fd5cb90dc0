"""The dataset `re-edit`."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import ijson
import pytest
from pydantic import ValidationError

from editgauge.config_schemas.datasets import ReEditConfig
from editgauge.core.datasets import BadRow, Dataset, DatasetError
from editgauge.core.samples import Sample, safe_name
from editgauge.plugins.datasets import json_stream
from editgauge.plugins.datasets.re_edit import ReEditDataset
from tests.plugins.datasets.reading import Everything, picture, read


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def new_row(**changes: Any) -> dict[str, Any]:
    row = {
        "subset": "physical",
        "original_description": "一杯咖啡。",
        "edit_instruction": "把杯子倾斜。",
        "original_description_en": "A cup of coffee.",
        "edit_instruction_en": "Tilt the cup.",
        "src_img_b64": encoded(picture()),
        "rationale_short_en": "Coffee stays level.",
        "original_image_path": "images/00000.png",
        "tags": ["sample"],
        "difficulty": 1.5,
        "more": {"subset": "not this one", "deep": [[{}]]},
    }
    row.update(changes)
    return {name: value for name, value in row.items() if value is not ...}


def old_row(**changes: Any) -> dict[str, Any]:
    return new_row(
        subset="因果",
        original_description_en=...,
        edit_instruction_en=...,
        rationale_short_en=...,
        original_image_path="旧/图.png",
        **changes,
    )


def dataset(folder: Path, content: object, **options: Any) -> Dataset:
    path = folder / "RE-Edit.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return ReEditDataset(ReEditConfig(type="re-edit", path=str(path), **options))


def test_a_row_becomes_a_sample_and_its_image_a_file_of_the_same_bytes(tmp_path: Path) -> None:
    data = picture()
    samples, bad = read(dataset(tmp_path, [new_row(src_img_b64=encoded(data))]), tmp_path)
    image = tmp_path / f"{safe_name('images/00000.png')}.png"
    assert bad == []
    assert samples == [
        Sample(
            id="images/00000.png",
            index=0,
            images=(str(image),),
            instruction="Tilt the cup.",
            category="physical",
            description="A cup of coffee.",
            rationale="Coffee stays level.",
        )
    ]
    assert image.read_bytes() == data


def test_the_older_edition_s_fields_and_subset_names_are_understood(tmp_path: Path) -> None:
    samples, bad = read(dataset(tmp_path, [old_row()]), tmp_path)
    assert bad == []
    assert (samples[0].category, samples[0].instruction) == ("causal", "把杯子倾斜。")
    assert (samples[0].description, samples[0].rationale) == ("一杯咖啡。", "")


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("物理", "physical"),
        ("环境", "environmental"),
        ("社会", "cultural"),
        ("因果", "causal"),
        ("指代", "referential"),
        ("referential", "referential"),
        (" Cultural ", "cultural"),
    ],
)
def test_every_subset_has_one_english_category(tmp_path: Path, name: str, category: str) -> None:
    samples, _ = read(dataset(tmp_path, [new_row(subset=name)]), tmp_path)
    assert samples[0].category == category


def test_the_language_chooses_the_texts(tmp_path: Path) -> None:
    samples, _ = read(dataset(tmp_path, [new_row()], language="zh"), tmp_path)
    assert (samples[0].instruction, samples[0].description) == ("把杯子倾斜。", "一杯咖啡。")
    assert samples[0].rationale == "Coffee stays level."


@pytest.mark.parametrize(
    ("format_name", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")]
)
def test_a_data_address_with_line_breaks_is_read_too(
    tmp_path: Path, format_name: str, suffix: str
) -> None:
    data = picture(format_name)
    text = f"data:image/x;base64,{base64.encodebytes(data).decode()}"
    samples, _ = read(dataset(tmp_path, [new_row(src_img_b64=text)]), tmp_path)
    assert Path(samples[0].images[0]).suffix == suffix
    assert Path(samples[0].images[0]).read_bytes() == data


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (new_row(subset=...), "'subset' is missing"),
        (new_row(subset="phisical"), "Did you mean 'physical'?"),
        (new_row(original_image_path=...), "'original_image_path' is missing"),
        (new_row(original_image_path=7), "should be a string, got a number"),
        (new_row(edit_instruction=..., edit_instruction_en=...), "'edit_instruction_en' or"),
        (new_row(edit_instruction_en=["x"]), "should be a string, got a list"),
        (new_row(src_img_b64=...), "'src_img_b64' is missing"),
        (new_row(src_img_b64=None), "'src_img_b64' is missing"),
        (new_row(src_img_b64=""), "'src_img_b64' is empty"),
        (new_row(src_img_b64="images/0.png!"), "should be base64"),
        (new_row(src_img_b64="AAAAA"), "should be base64"),
        (new_row(src_img_b64="data:image/png,AAAA"), "should be base64"),
        (new_row(src_img_b64=encoded(b"GIF89a" + bytes(50))), "no PNG, JPEG or WebP"),
        (new_row(src_img_b64=encoded(b"<svg/>")), "no PNG, JPEG or WebP"),
        ([], "expected a JSON object"),
        (None, "expected a JSON object"),
        ("text", "expected a JSON object"),
    ],
)
def test_a_bad_row_names_its_item_and_reason_and_the_next_is_read(
    tmp_path: Path, row: object, reason: str
) -> None:
    content = [new_row(), row, new_row(original_image_path="last")]
    samples, bad = read(dataset(tmp_path, content), tmp_path)
    assert [sample.index for sample in samples] == [0, 2]
    assert len(bad) == 1
    assert bad[0].where.startswith("item 1")
    assert reason in bad[0].reason


def test_an_id_that_climbs_out_of_the_folder_stays_text(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    row = new_row(original_image_path="../../../escape\0.png")
    samples, _ = read(dataset(tmp_path, [row]), images)
    assert samples[0].id == "../../../escape\0.png"
    assert Path(samples[0].images[0]).parent == images
    assert sorted(path.name for path in tmp_path.iterdir()) == ["RE-Edit.json", "images"]


def test_images_of_rows_that_are_not_wanted_are_not_taken_out(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    rows = [new_row(original_image_path=name) for name in "abc"]
    found = list(dataset(tmp_path, rows).read(Everything(only=["b"]), images))
    assert [row.id for row in found if isinstance(row, Sample)] == ["b"]
    assert [path.stem for path in images.iterdir()] == [safe_name("b")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"rows": []}', "should be a JSON list, got an object"),
        (b'"text"', "should be a JSON list, got a single value"),
        (b"", "after 0 items; is it complete"),
        (b"not json", "not JSON"),
        (b'[{"subset": "physical"}, {"subset": "cau', "after 1 item; is it complete"),
        (b"[] and more", "not JSON"),
        (b'[{"subset": "\xff"}]', "not JSON"),
        (b"[" * 100_000, "nested deeper than 100 levels"),
        (b'[{"a": ' * 1000, "nested deeper than 100 levels"),
    ],
)
@pytest.mark.parametrize("backend", ["yajl2_c", "python"])
def test_a_file_that_is_no_json_list_is_an_error(
    tmp_path: Path, content: bytes, message: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = ijson.get_backend(backend)
    monkeypatch.setattr(ijson, "basic_parse", parser.basic_parse)
    with pytest.raises(DatasetError, match=message):
        read(dataset(tmp_path, content), tmp_path)


def test_an_empty_list_and_a_byte_order_mark_are_accepted(tmp_path: Path) -> None:
    assert read(dataset(tmp_path, b"\xef\xbb\xbf[]"), tmp_path) == ([], [])


def test_rows_come_before_the_rest_of_the_file_is_read(tmp_path: Path) -> None:
    good = json.dumps(new_row()).encode()
    padding = b" " * (4 * json_stream._BUFFER)
    rows = dataset(tmp_path, b"[" + good + padding + b",broken").read(Everything(), tmp_path)
    first = next(rows)
    assert not isinstance(first, BadRow)
    assert first.id == "images/00000.png"
    with pytest.raises(DatasetError, match="after 1 item"):
        next(rows)


_PEAK = r"""
import re, sys
from pathlib import Path
from editgauge.config_schemas.datasets import ReEditConfig
from editgauge.plugins.datasets.re_edit import ReEditDataset

class Nothing:
    def wants(self, **_): return False

config = ReEditConfig(type="re-edit", path=sys.argv[1])
assert not list(ReEditDataset(config).read(Nothing(), Path(sys.argv[2])))
print(re.search(r'VmHWM:\s*(\d+)', Path('/proc/self/status').read_text())[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    image = "A" * 1_000_000
    for number in (4, 80):
        rows = (
            json.dumps(new_row(original_image_path=str(i), src_img_b64=image))
            for i in range(number)
        )
        source = dataset(tmp_path, f"[{','.join(rows)}]".encode())
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, source.config.path, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.2 * peaks[0], f"peak memory for 4 and 80 rows: {peaks}"


def test_categories_are_checked_in_the_config_and_older_names_translated() -> None:
    config = ReEditConfig(type="re-edit", path="x", categories=["因果", "physical"])
    assert config.categories == ["causal", "physical"]
    with pytest.raises(ValidationError, match="the categories of RE-Edit are physical"):
        ReEditConfig(type="re-edit", path="x", categories=["fysical"])
