"""Every example of the documentation is a good one: configs, files, excerpts, tables."""

import ast
import dataclasses
import json
import re
import sys
import tomllib
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
from tests.docs.pages import DOCS, EVERY_PAGE, ROOT, blocks_of, page_name
from tests.support.runs import run, run_config
from tests.test_docs import code_blocks, section

CONFIGS = sorted((ROOT / "examples").rglob("*.yaml"))

BASE: dict[str, Any] = {
    "dataset": {"type": "jsonl", "path": "photos.jsonl"},
    "edit": {"type": "miniature-qwen-edit"},
    "reward": {"type": "qwen3-vl", "model": "Qwen/Qwen3-VL-8B-Instruct"},
}
"""What a fragment of a config stands in."""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginManager]:
    """Return every plugin that a page may speak of: what is built in, and what pages show."""
    manager = PluginManager()
    manager.load_entry_points()
    folder = tmp_path_factory.mktemp("plugins")
    files = {
        Path(block.file_name).name: block.text
        for page in EVERY_PAGE
        for block in blocks_of(page)
        if block.is_plugin
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    paths = [folder / name for name in files]
    for project in sorted((ROOT / "examples").rglob("pyproject.toml")):
        points = tomllib.loads(project.read_text())["project"]["entry-points"]["editgauge"]
        paths += [
            found.parent
            for name, module in points.items()
            if name not in manager.plugins
            for found in project.parent.glob(f"**/{module}/__init__.py")
        ]
    before = set(sys.modules)
    try:
        for path in paths:
            manager.load_file(path)
        yield manager
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in {path.stem for path in paths}:
                del sys.modules[name]


def yaml_blocks() -> list[Any]:
    return [
        pytest.param(block, id=f"{page_name(page)}-{number}")
        for page in EVERY_PAGE
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


def python_blocks() -> list[Any]:
    return [
        pytest.param(block, id=f"{page_name(page)}-{number}")
        for page in EVERY_PAGE
        for number, block in enumerate(code_blocks(page.read_text("utf-8"), "python"))
        if not block.rstrip().endswith("-> None")  # signatures, tested as such
    ]


@pytest.mark.parametrize("block", python_blocks())
def test_every_program_shown_is_python_and_takes_what_there_is(block: str) -> None:
    tree = ast.parse(block)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "editgauge":
            assert {alias.name for alias in node.names} <= set(editgauge.__all__)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "editgauge":
            assert node.attr in editgauge.__all__


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
