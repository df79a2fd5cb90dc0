"""Reports of a recording that ends before the run did: partial, and said to be so."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from editgauge.core.cli.main import main
from tests.reporters.ci.junit_structure import wrong_in
from tests.support.runs import make_dataset, run, run_config

Replay = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    make_dataset(folder / "data", 4, categories=("physical", "causal"))
    result, *_ = run(run_config(folder, reporters={"events": {}}))
    assert result.exit_code == 0
    return result.run_dir


@pytest.fixture
def killed(finished: Path, tmp_path: Path) -> Path:
    """Return a run directory as it is after a kill behind the second of four scores."""
    folder = tmp_path / finished.name
    shutil.copytree(finished, folder)
    kept, scores = [], 0
    for line in (folder / "events.jsonl").read_text("utf-8").splitlines(keepends=True):
        event = json.loads(line)
        scores += event.get("kind") == "SampleFinished" and event["stage"] == "score"
        kept.append(line)
        if scores == 2:
            break
    (folder / "events.jsonl").write_text("".join(kept), "utf-8")
    rows = (folder / "results.jsonl").read_text("utf-8").splitlines(keepends=True)
    (folder / "results.jsonl").write_text("".join(rows[:6]), "utf-8")
    manifest = json.loads((folder / "run.json").read_text("utf-8"))
    manifest |= {"status": "running", "finished": None, "summary": None}
    (folder / "run.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Replay:
    monkeypatch.delenv("EDITGAUGE_DISABLE_PLUGINS", raising=False)

    def replay(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stop:
            main(("replay", *arguments))
        return int(str(stop.value.code)), capsys.readouterr().err

    return replay


def test_html_shows_what_a_killed_run_has(killed: Path, replay: Replay) -> None:
    code, err = replay(str(killed), "-r", "html")
    assert code == 0
    assert "the report of 'html' is partial" in err
    page = (killed / "report" / "index.html").read_text("utf-8")
    assert "No report yet" not in page
    assert '<span class="status status-open">unfinished</span>' in page
    assert "This report is partial: the recording ends before the run did." in page
    assert '<span class="figure">2</span> <span class="of">of 4</span>' in page
    assert page.count('"not-judged"') > 0
    assert list((killed / "report" / "pictures").iterdir())


@pytest.mark.parametrize("rest", ["", '{"kind": "torn', "damaged\n"])
def test_junit_has_every_sample_of_a_killed_run(
    killed: Path, replay: Replay, tmp_path: Path, rest: str
) -> None:
    with (killed / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write(rest)
    path = tmp_path / "junit.xml"
    code, err = replay(str(killed), "-r", f"junit:{path}")
    assert code == (2 if rest.endswith("\n") else 0)
    assert "the report of 'junit' is partial" in err
    root = ET.parse(path).getroot()  # noqa: S314 - the reporter's own
    assert wrong_in(root) == []
    cases = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases.pop("the run") == ["error"]
    assert set(cases) == {"s0", "s1", "s2", "s3"}
    assert sorted(map(tuple, cases.values())) == [("skipped",)] * 2 + [("system-out",)] * 2
    properties = {item.get("name"): item.get("value") for item in root[0].iter("property")}
    assert properties["status"] == "unfinished"
    assert "exit_code" not in properties
    assert (properties["samples"], properties["scored"]) == ("4", "2")


def test_the_summary_of_a_job_says_that_it_is_partial(
    killed: Path, replay: Replay, tmp_path: Path
) -> None:
    path = tmp_path / "summary.md"
    assert replay(str(killed), "-r", f"github:{path}")[0] == 0
    text = path.read_text("utf-8")
    assert text.startswith("## editgauge: unfinished\n")
    assert "This report is partial" in text
    assert "2 of 4 scored" in text


def test_a_whole_recording_gives_whole_reports(
    finished: Path, replay: Replay, tmp_path: Path
) -> None:
    assert replay(str(finished), "-r", f"junit:{tmp_path / 'junit.xml'}") == (0, "")
    assert "unfinished" not in (tmp_path / "junit.xml").read_text("utf-8")


def test_a_recording_without_its_run_directory_is_told_from_its_events(
    killed: Path, replay: Replay, tmp_path: Path
) -> None:
    alone = tmp_path / "sent" / "events.jsonl"
    alone.parent.mkdir()
    shutil.move(killed / "events.jsonl", alone)
    shutil.rmtree(killed)
    assert replay(str(alone), "-r", f"html:{tmp_path / 'report'}")[0] == 0
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    assert '<span class="status status-open">unfinished</span>' in page
