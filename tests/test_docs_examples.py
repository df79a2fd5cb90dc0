"""Every example of the documentation is a good one: configs, files, excerpts, tables."""

import ast
import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import editgauge
from editgauge.config_schemas.rubrics import RubricConfig
from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.config import load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.outcomes import EditOutcome, RunStatus, ScoreOutcome
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.workers import child, environments
from editgauge.core.workers.protocol import MAGIC, MAX_FRAME, PROTOCOLS, hello
from editgauge.core.yaml_loading import load_yaml
from tests.support.runs import run, run_config
from tests.test_docs import DOCS, ROOT, WITH_LINKS, code_blocks, page_name, section

MY_MODEL = ROOT / "examples" / "my_model"
CONFIGS = sorted((ROOT / "examples").rglob("*.yaml"))

BASE: dict[str, Any] = {
    "dataset": {"type": "jsonl", "path": "photos.jsonl"},
    "edit": {"type": "miniature-qwen-edit"},
    "reward": {"type": "qwen3-vl", "model": "Qwen/Qwen3-VL-8B-Instruct"},
}
"""What a fragment of a config stands in."""


@pytest.fixture(scope="module")
def plugins() -> Iterator[PluginManager]:
    manager = PluginManager()
    manager.load_entry_points()
    if "my-model" not in manager.plugins:
        sys.path.insert(0, str(MY_MODEL))
        try:
            manager.register(__import__("my_model"), "my-model")
            yield manager
        finally:
            sys.path.remove(str(MY_MODEL))
            for name in [name for name in sys.modules if name.split(".")[0] == "my_model"]:
                del sys.modules[name]
    else:
        yield manager


def yaml_blocks() -> list[Any]:
    return [
        pytest.param(block, id=f"{page_name(page)}-{number}")
        for page in WITH_LINKS
        for number, block in enumerate(code_blocks(page.read_text("utf-8"), "yaml"))
    ]


def in_its_place(fragment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole config with a fragment of one in it."""
    config = {**BASE, **fragment}
    for name, base in BASE.items():
        given = fragment.get(name)
        if given is not None and given.get("type", base["type"]) == base["type"]:
            config[name] = base | given
    return config


def check_config(config: Mapping[str, Any], plugins: PluginManager) -> None:
    for profile in (None, *config.get("profiles", {})):
        load_config(config, plugins=plugins, profile=profile, environ={}, interactive=True)


@pytest.mark.parametrize("block", yaml_blocks())
def test_every_piece_of_yaml_is_a_config_or_a_rubric(block: str, plugins: PluginManager) -> None:
    data = load_yaml(block, source="the documentation")
    if data is None:
        assert all(line.startswith("#") for line in block.splitlines())
    elif "prompt" in data:
        RubricConfig.model_validate(data)
    else:
        check_config(in_its_place(data), plugins)


@pytest.mark.parametrize("path", CONFIGS, ids=page_name)
def test_every_example_is_a_whole_and_good_config(path: Path, plugins: PluginManager) -> None:
    check_config(load_yaml(path.read_text("utf-8"), source=str(path)), plugins)


def test_there_are_examples_to_check() -> None:
    assert {path.name for path in CONFIGS} >= {"photos.yaml", "re_edit.yaml", "production.yaml"}
    assert len(yaml_blocks()) > 5


def excerpts(language: str) -> list[tuple[str, str]]:
    """Return file name and text of each excerpt of the example package."""
    blocks = code_blocks((DOCS / "models.md").read_text("utf-8"), language)
    named = [re.fullmatch(r"# (\S+)\n(.*)", block, re.DOTALL) for block in blocks]
    assert all(named), "a block of docs/models.md does not begin with the file that it is from"
    return [(found[1], found[2]) for found in named if found]


@pytest.mark.parametrize("language", ["python", "toml", "yaml"])
def test_the_tutorial_shows_what_the_example_package_has(language: str) -> None:
    found = excerpts(language)
    assert found
    missing = [
        f"{name}: {text}"
        for name, text in found
        if text not in (MY_MODEL / name).read_text("utf-8")
    ]
    assert missing == []


def python_blocks() -> list[Any]:
    return [
        pytest.param(block, id=f"{page_name(page)}-{number}")
        for page in WITH_LINKS
        if page.name not in ("hooks.md", "models.md")  # signatures and excerpts, tested as such
        for number, block in enumerate(code_blocks(page.read_text("utf-8"), "python"))
    ]


@pytest.mark.parametrize("block", python_blocks())
def test_every_program_shown_is_python_and_takes_what_there_is(block: str) -> None:
    tree = ast.parse(block)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "editgauge":
            assert {alias.name for alias in node.names} <= set(editgauge.__all__)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "editgauge":
            assert node.attr in editgauge.__all__


def test_the_dataset_shown_reads_a_file(tmp_path: Path) -> None:
    (block,) = code_blocks((DOCS / "datasets.md").read_text("utf-8"), "python")
    (tmp_path / "rows.csv").write_text("id,image,instruction\na,a.png,Wake the cat.\nb,b.png,\n")
    code = (
        f"{block}\n"
        "from types import SimpleNamespace\n"
        "dataset = CsvDataset(SimpleNamespace(path='rows.csv'))\n"
        "dataset.check()\n"
        "rows = list(dataset.read(SimpleNamespace(wants=lambda **row: True), Path()))\n"
        "print(*(type(row).__name__ for row in rows))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.split() == ["Sample", "BadRow"], done.stderr


def keys_of_table(text: str) -> set[str]:
    """Return every name in backquotes in the first column of the tables in a text."""
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_key_of_a_row_is_documented() -> None:
    edit = keys_of_table(section(DOCS / "run-directory.md", "Edit rows"))
    score = keys_of_table(section(DOCS / "run-directory.md", "Score rows"))
    assert edit == {field.name for field in dataclasses.fields(EditResult)}
    shared = {"id", "index", "category", "reason", "seconds", "attempt", "worker", "outcome", "key"}
    assert shared | score == {field.name for field in dataclasses.fields(ScoreResult)}


def test_every_outcome_is_documented() -> None:
    outcomes = keys_of_table(section(DOCS / "run-directory.md", "Outcomes"))
    assert outcomes == {*map(str, EditOutcome), *map(str, ScoreOutcome)}


def test_the_manifest_and_the_folder_are_as_documented(tmp_path: Path) -> None:
    result, _, _ = run(run_config(tmp_path))
    documented = keys_of_table(section(DOCS / "run-directory.md", "run.json"))
    manifest = json.loads((result.run_dir / "run.json").read_text())
    assert documented == {*manifest, "resumed"}
    page = (DOCS / "run-directory.md").read_text("utf-8")
    (tree, *_) = code_blocks(page, "")
    shown = {line.split()[0].strip("/") for line in tree.splitlines() if line.startswith("  ")}
    written = {path.name for path in result.run_dir.iterdir()}
    on_request = {"superseded.jsonl", "faults.jsonl", "events.jsonl", "detail.log", "report"}
    assert shown == written | on_request
    assert all(f"`{status}`" in page for status in RunStatus)


def frames_of(heading: str) -> set[str]:
    rows = section(DOCS / "workers.md", heading)
    return set(re.findall(r"^\| `(\w+)`", rows, re.MULTILINE))


def test_every_frame_is_documented() -> None:
    source = Path(child.__file__).read_text("utf-8")
    sent = set(re.findall(r'"kind": "(\w+)"', source)) | {"hello"}
    understood = {"hello", "shutdown", *child.Child(-1, -1)._answers}
    assert frames_of("Frames to the parent") == sent
    assert frames_of("Frames to the worker") == understood


def test_the_numbers_of_the_protocol_are_documented() -> None:
    text = section(DOCS / "workers.md", "The protocol")
    assert f"at most {MAX_FRAME // 2**20} MiB" in text
    assert f"(now: {', '.join(map(str, PROTOCOLS))})" in text
    frames = section(DOCS / "workers.md", "Frames to the worker")
    assert f"`{MAGIC}`" in frames
    assert all(f"`{field}`" in frames for field in hello("1") if field != "kind")


def test_the_variables_of_workers_are_documented() -> None:
    text = section(DOCS / "workers.md", "Environment variables")
    ours = environments.worker_environment(sys.executable, {}, settings=WorkersConfig(), threads=1)
    plain = environments.worker_environment(
        sys.executable, {}, settings=WorkersConfig(), threads=None
    )
    documented = keys_of_table(text)
    assert documented >= {name for name in ours if name not in plain}
    source = Path(environments.__file__).read_text("utf-8")
    assert set(re.findall(r'^        "([A-Z_]+)": "', source, re.MULTILINE)) <= documented
