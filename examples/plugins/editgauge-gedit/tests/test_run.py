import json
from pathlib import Path
from typing import Any

import editgauge
import pytest
from conftest import MODEL, JudgeServer
from editgauge.testing import check_reporter


def run_bench(bench: Path, server: JudgeServer, run_dir: Path, **more: Any) -> Any:
    config = {
        "dataset": {"type": "gedit-bench", "path": str(bench), "language": "both"},
        "edit": {"type": "pillow", "workers": {"devices": ["cpu"]}},
        "reward": {
            "type": "gedit-judge",
            "base_url": server.base_url,
            "model": MODEL,
            "batch_size": 3,
            "workers": {"devices": ["cpu"]},
        },
        "reporters": {"gedit-table": {}},
        "max_failures": 2,
    }
    result = editgauge.run(config | more, run_dir=run_dir)
    return result, json.loads((run_dir / "gedit.json").read_text())


def test_the_reporter_keeps_what_a_reporter_promises() -> None:
    check_reporter({"type": "gedit-table"})


def test_a_whole_run_makes_the_table(bench: Path, server: JudgeServer, tmp_path: Path) -> None:
    result, table = run_bench(bench, server, tmp_path / "run")
    assert result.exit_code == 0
    scored = {"SC": 9, "PQ": 4, "overall": 6}
    assert table == {
        "types": {
            "color_alter": {"samples": 2, "scored": 2} | scored,
            "style_change": {"samples": 3, "scored": 3} | scored,
        },
        "mean_of_types": scored,
        "all_samples": {"samples": 5, "scored": 5} | scored,
    }


def test_the_mean_is_that_of_the_types_and_coverage_is_told(
    bench: Path, server: JudgeServer, tmp_path: Path
) -> None:
    rule = server.answer

    def answer(images: list[Any]) -> str | int:
        # What was inverted, two of the three changes of style, is not judged.
        inverted = images[-1].getpixel((10, 10)) == (0, 0, 0)
        return "I cannot say." if inverted else rule(images)

    server.answer = answer
    result, table = run_bench(bench, server, tmp_path / "run")
    assert result.exit_code == 0  # two of five may fail, says `max_failures`
    style = table["types"]["style_change"]
    assert (style["samples"], style["scored"], style["overall"]) == (3, 1, 6)
    assert table["all_samples"]["scored"] == 3


def test_doing_nothing_scores_nothing(bench: Path, server: JudgeServer, tmp_path: Path) -> None:
    edit = {"type": "identity", "workers": {"devices": ["cpu"]}}
    _, table = run_bench(bench, server, tmp_path / "run", edit=edit)
    assert table["mean_of_types"] == {"SC": 0, "PQ": 4, "overall": 0}


@pytest.mark.parametrize(
    ("key", "value"),
    [("score_by", "logprobs"), ("judge_images", "edited"), ("base_url", "file:///etc/passwd")],
)
def test_what_cannot_be_judged_is_refused_before_the_run(
    bench: Path, server: JudgeServer, tmp_path: Path, key: str, value: str
) -> None:
    reward = {"type": "gedit-judge", "base_url": server.base_url, "model": MODEL, key: value}
    with pytest.raises(editgauge.ConfigError, match=rf"reward\.{key}"):
        run_bench(bench, server, tmp_path / "run", reward=reward)
    assert not (tmp_path / "run").exists()
