"""The reporter `tensorboard`, its event files read back by TensorBoard itself."""

import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from editgauge.config_schemas.reporters_services import TensorboardConfig
from editgauge.core.hooks.events import Event
from editgauge.reporters.trackers import tensorboard
from editgauge.reporters.trackers.tensorboard import TensorboardReporter
from tests.reporters.contexts import make_context
from tests.reporters.run_directories import write_run_directory
from tests.reporters.script import whole_run
from tests.reporters.telling import tell

START = 1795403400.0
"""2026-11-23T03:10:00Z"""


def _written(folder: Path, events: list[Event] | None = None, **options: Any) -> Path:
    reporter = TensorboardReporter(TensorboardConfig(**options), make_context(run_dir=folder))
    tell(reporter, whole_run() if events is None else events)
    return folder / "tensorboard"


def _read(folder: Path) -> Any:
    everything = dict.fromkeys(("scalars", "images", "tensors"), 0)
    return EventAccumulator(str(folder), size_guidance=everything).Reload()


def test_scalars_have_the_steps_and_times_of_the_events(tmp_path: Path) -> None:
    found = _read(_written(tmp_path))
    means = [(item.step, item.value, item.wall_time) for item in found.Scalars("score/mean")]
    assert means == [(2, 8.5, START + 45.6), (3, 8.5, START + 47.6), (4, 7.75, START + 49.6)]
    assert [item.value for item in found.Scalars("edit/failures")] == [0, 1, 1, 1]
    assert found.Scalars("category/文化/mean")[0].value == 7.0


def test_pictures_stand_side_by_side_with_their_texts(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    found = _read(_written(tmp_path))
    assert found.Tags()["images"] == ["edit/0", "edit/1", "edit/3"]
    (image,) = found.Images("edit/0")
    picture = Image.open(BytesIO(image.encoded_image_string))
    assert picture.size == (image.width, image.height) == (64 + 8 + 40, 64)
    assert picture.getpixel((10, 32)) == (255, 0, 0)
    assert picture.getpixel((100, 32)) == (0, 0, 255)
    (text,) = found.Tensors("score/1/text_summary")
    (words,) = text.tensor_proto.string_val
    assert words.decode("utf-8").startswith("**c&#92;x1b&#91;2J&#92;n&#92;u202eevil** 文化\n\n")
    assert "unparsed&#58;" not in words.decode("utf-8")
    assert "unparsed: no score in the reply" in words.decode("utf-8")


@pytest.mark.parametrize(("images", "shown"), [(0, []), (1, ["edit/0"]), (2, ["edit/0"])])
def test_no_more_pictures_than_wanted_are_written(
    tmp_path: Path, images: int, shown: list[str]
) -> None:
    write_run_directory(tmp_path)
    # Of two, the second would be that of row 2, whose edit failed.
    assert _read(_written(tmp_path, images=images)).Tags()["images"] == shown


def test_pictures_from_elsewhere_and_damaged_ones_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_run_directory(folder)
    outside = tmp_path / "secret.png"
    Image.new("RGB", (9, 9)).save(outside)
    (folder / "images" / "0.png").unlink()
    (folder / "images" / "0.png").symlink_to(outside)
    (folder / "images" / "1.png").write_bytes(b"no picture")
    assert _read(_written(folder)).Tags()["images"] == ["edit/3"]


def test_hyperparameters_are_the_settings_of_the_run(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    found = _read(_written(tmp_path))
    content = found.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    session = HParamsPluginData.FromString(content).session_start_info
    assert session.start_time_secs == START
    assert session.hparams["edit_model"].string_value == "qwen-image-edit"
    assert session.hparams["edit.steps"].number_value == 8
    assert session.hparams["edit.fast"].bool_value is True
    assert session.hparams["edit.lora"].string_value == '["a"]'
    assert "edit.x" not in session.hparams
    content = found.SummaryMetadata("_hparams_/session_end_info").plugin_data.content
    ended = HParamsPluginData.FromString(content).session_end_info
    assert ended.end_time_secs == START + 49.8


def test_the_same_run_gives_the_same_file(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    (file,) = _written(tmp_path).iterdir()
    first = file.read_bytes()
    (again,) = _written(tmp_path).iterdir()
    assert again == file
    assert again.read_bytes() == first


def test_a_resumed_run_adds_a_file_and_what_was_there_is_kept(tmp_path: Path) -> None:
    events = whole_run()
    second = [replace(event, time=event.time.replace("T03:", "T04:")) for event in events]
    folder = _written(tmp_path, [*events[:-1], *second])
    assert len(list(folder.iterdir())) == 2
    assert len(_read(folder).Scalars("score/mean")) == 6


def test_what_a_kill_leaves_can_be_read(tmp_path: Path) -> None:
    reporter = TensorboardReporter(TensorboardConfig(), make_context(run_dir=tmp_path))
    half = [event for event in whole_run() if event.elapsed < 30]
    tell(reporter, half, close=False)
    # Before anything is closed: every record is with the system already.
    assert _read(tmp_path / "tensorboard").Scalars("edit/failures")
    reporter.close()


def test_a_missing_library_is_an_error_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorboard, "find_spec", lambda _name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'editgauge\[tensorboard\]'"):
        TensorboardReporter(TensorboardConfig(), make_context(run_dir=tmp_path))


def test_neither_torch_nor_tensorflow_is_imported() -> None:
    code = (
        "import sys, editgauge.reporters.trackers.tensorboard as reporter;"
        "print('tensorboard' in sys.modules);"
        "import editgauge.reporters.trackers.event_files;"
        "print([name for name in ('torch', 'tensorflow', 'grpc') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n[]\n"
