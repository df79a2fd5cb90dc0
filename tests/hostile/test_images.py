"""Hostile images: each is accepted, refused or found damaged as docs/datasets.md says."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from editgauge.core.hooks.events import WorkerLost
from editgauge.core.images import ImageError, inspect_image, load_image
from tests.hostile import echoing
from tests.hostile.images import CASES, odd_places
from tests.hostile.surroundings import listing
from tests.support.runs import run


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / CASES[request.param].file_name
    path.write_bytes(CASES[request.param].data())
    return CASES[request.param].verdict, path


def test_an_image_is_read_only_if_it_is_a_good_one(case: tuple[str, Path]) -> None:
    verdict, path = case
    if verdict == "refused":
        for function in (inspect_image, load_image):
            with pytest.raises(ImageError, match=r"image|bytes|pixels|read|empty"):
                function(path)
        return
    assert inspect_image(path) == (64, 48)
    if verdict == "damaged":
        with pytest.raises(ImageError, match="is damaged"):
            load_image(path)
    else:
        image = load_image(path)
        assert image.mode == "RGB"
        assert image.size in ((64, 48), (48, 64))


def test_what_is_no_regular_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    for name, place in odd_places(tmp_path).items():
        # In a thread: a test that waits for a named pipe would wait for ever.
        with ThreadPoolExecutor(1) as pool:
            looking = pool.submit(inspect_image, str(tmp_path / place))
            try:
                error = looking.exception(timeout=60)
            except TimeoutError:
                os.close(os.open(tmp_path / place, os.O_RDWR))
                pytest.fail(f"{name}: still waiting")
        assert type(error) is ImageError, name


def test_in_a_run_bad_images_cost_their_own_samples_and_nothing_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = []
    for number, (name, case) in enumerate(CASES.items()):
        (data / str(number)).mkdir()
        (data / str(number) / case.file_name).write_bytes(case.data())
        rows.append({"id": name, "image": f"{number}/{case.file_name}", "instruction": "edit"})
    places = odd_places(data)
    rows += [{"id": name, "image": place, "instruction": "edit"} for name, place in places.items()]
    (data / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "ascii")
    before = listing(tmp_path)
    result, recorder, _ = run(
        {
            "dataset": {
                "type": "jsonl",
                "path": str(data / "rows.jsonl"),
                "on_bad_row": "skip",
            },
            "edit": {"type": "echoing", "workers": {"devices": ["cpu"]}},
            "runs_dir": str(tmp_path / "runs"),
            "progress": "none",
            "max_failures": 100,
        },
        reporters=[echoing],
    )
    assert result.exit_code == 0, result.reason
    lines = (result.run_dir / "results.jsonl").read_text("utf-8").splitlines()
    outcomes = {row["id"]: row for row in map(json.loads, lines)}
    accepted = {name for name, case in CASES.items() if case.verdict == "accepted"}
    damaged = {name for name, case in CASES.items() if case.verdict == "damaged"}
    assert {name for name, row in outcomes.items() if row["outcome"] == "ok"} == {
        name for number, name in enumerate(CASES) if name in accepted and number % 3 != 2
    }
    assert set(outcomes) == accepted | damaged
    for name in damaged:
        assert outcomes[name]["outcome"] == "failed"
        assert "is damaged" in outcomes[name]["reason"]
    assert recorder.of(WorkerLost) == []
    manifest = json.loads((result.run_dir / "run.json").read_text("utf-8"))
    assert manifest["dataset"]["skipped"] == len(rows) - len(accepted) - len(damaged)
    assert [worker["starts"] for worker in manifest["workers"]] == [1]

    # Outside of the run directory everything is as it was, and what was edited is a picture alone.
    assert listing(tmp_path, without=tmp_path / "runs") == before
    for path in (result.run_dir / "images").iterdir():
        with Image.open(path) as image:
            image.load()
            assert image.format == "PNG"
        assert path.read_bytes().endswith(b"IEND\xaeB`\x82")


def test_a_folder_of_hostile_files_is_read_without_waiting(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "deep").mkdir(parents=True)
    odd_places(data)
    for name in ("a", "b", "c"):
        Image.new("RGB", (8, 8)).save(data / f"{name}.png")
    os.mkfifo(data / "a.txt")
    (data / "b.txt").symlink_to("/dev/zero")
    (data / "deep" / "up").symlink_to(data)
    result, _, _ = run(
        {
            "dataset": {
                "type": "folder",
                "path": str(data),
                "instruction": "edit",
                "on_bad_row": "skip",
            },
            "edit": {"type": "echoing", "workers": {"devices": ["cpu"]}},
            "runs_dir": str(tmp_path / "runs"),
            "progress": "none",
            "max_failures": 1,
        },
        reporters=[echoing],
    )
    assert (result.exit_code, result.samples) == (0, 1), result.reason
    manifest = json.loads((result.run_dir / "run.json").read_text("utf-8"))
    reasons = "\n".join(manifest["dataset"]["skipped_rows"])
    assert "'a.txt' cannot be read: it is not a file" in reasons
    assert "'b.txt' cannot be read: it is not a file" in reasons
