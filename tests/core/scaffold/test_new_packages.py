"""What `editgauge new` writes works at once, for somebody who has no checkout of editgauge."""

import json
from pathlib import Path

import pytest

from editgauge.core.scaffold.files import NEW_KINDS
from editgauge.core.yaml_loading import load_yaml
from tests.support.outsiders import Outsider, make_outsider

KINDS = pytest.mark.parametrize("kind", NEW_KINDS)
SECTIONS = {"edit-model": "edit", "reward-model": "reward", "dataset": "dataset"}


@pytest.fixture(scope="module")
def outsider(tmp_path_factory: pytest.TempPathFactory) -> Outsider:
    """Make an environment with a new package of each kind."""
    found = make_outsider(tmp_path_factory)
    for kind in NEW_KINDS:
        found.run("editgauge", "new", kind, f"my-{kind}", cwd=found.folder)
    # Copies, because building leaves files beside the source.
    sources = found.folder / "sources"
    found.install(*(found.copy(found.folder / f"my-{kind}", sources) for kind in NEW_KINDS))
    return found


@KINDS
def test_its_own_tests_pass(outsider: Outsider, kind: str) -> None:
    out = outsider.run(
        *("python", "-P", "-m", "pytest", "-p", "no:cacheprovider"),
        cwd=outsider.folder / f"my-{kind}",
    )
    assert "1 passed" in out


def test_each_is_listed_with_what_it_registers(outsider: Outsider) -> None:
    listed = json.loads(outsider.run("editgauge", "plugins", "--json", cwd=outsider.folder))
    by_name = {plugin["name"]: plugin for plugin in listed}
    for kind in NEW_KINDS:
        found = by_name[f"my-{kind}"]
        assert (found["package"], found["state"], found["error"]) == (f"my-{kind}", "loaded", "")
        assert [(item["kind"], item["name"]) for item in found["registers"]] == [
            (NEW_KINDS[kind].kind, f"my-{kind}")
        ]


@KINDS
def test_its_run_works_as_it_is(outsider: Outsider, kind: str) -> None:
    folder = outsider.folder / f"my-{kind}"
    outsider.run("editgauge", "run", "run.yaml", "--run-dir", "runs/test", cwd=folder)
    lines = (folder / "runs" / "test" / "results.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert {row["outcome"] for row in rows} == {"ok"}
    assert len([row for row in rows if row["stage"] == "edit"]) == (3 if kind == "dataset" else 2)
    if kind == "reward-model":
        scores = [row["score"] for row in rows if row["stage"] == "score"]
        assert all(0 < score < 1 for score in scores)
        assert len(set(scores)) == 2
    if kind == "reporter":
        written = folder / "runs" / "test" / "my-reporter.txt"
        live = written.read_text()
        assert live.split()[1:3] == ["s", "ok"]
        written.unlink()
        outsider.run("editgauge", "replay", "runs/test", "-r", "my-reporter", cwd=folder)
        assert len(written.read_text().splitlines()) == 2  # its default: up to three


@KINDS
def test_a_single_file_runs_as_it_is(outsider: Outsider, tmp_path: Path, kind: str) -> None:
    outsider.run("editgauge", "new", kind, "my-file", "--single-file", cwd=tmp_path)
    # The pictures, and the table, of the package of this kind.
    beside = outsider.folder / f"my-{kind}"
    for name in ("pictures", "samples.csv"):
        if (beside / name).exists():
            (tmp_path / name).symlink_to(beside / name)
    text = (tmp_path / "my_file.py").read_text()
    config = text.partition("changed to yours:\n\n")[2].partition("\n\nCheck it")[0]
    (tmp_path / "run.yaml").write_text(config)
    section = SECTIONS.get(kind)
    data = load_yaml((tmp_path / "run.yaml").read_text(), source="run.yaml")
    assert data[section]["type"] == "my-file" if section else "my-file" in data["reporters"]
    given = ("--plugin", "./my_file.py")
    check = ("editgauge", "check", "plugin", "my-file", "--config", "run.yaml")
    outsider.run(*check, *given, cwd=tmp_path)
    outsider.run("editgauge", "run", "run.yaml", "--run-dir", "run", *given, cwd=tmp_path)
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["status"] == "finished"


def test_mypy_strict_passes_on_all_of_it_and_finds_a_wrong_event(outsider: Outsider) -> None:
    single = outsider.folder / "single"
    single.mkdir()
    for kind in NEW_KINDS:
        outsider.run("editgauge", "new", kind, f"one-{kind}", "--single-file", cwd=single)
    folders = [outsider.folder / f"my-{kind}" for kind in NEW_KINDS]
    files = [str(path) for folder in (*folders, single) for path in folder.rglob("*.py")]
    assert len(files) == 4 * 4
    mypy = ["python", "-m", "mypy", "--strict", "--cache-dir", "cache"]
    outsider.run(*mypy, *files, cwd=single)

    reporter = single / "one_reporter.py"
    text = reporter.read_text()
    reporter.write_text(text.replace("event: events.SampleEvent", "event: events.RunEvent"))
    with pytest.raises(AssertionError, match=r"one_reporter.py:\d+: error: .*sample_event"):
        outsider.run(*mypy, *files, cwd=single)
