"""A whole run whose judge is behind a scripted server: real workers, real sockets."""

import json
import zlib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from editgauge.core.hooks.events import SampleFinished
from editgauge.testing import check_reward_model
from tests.plugins.openai_judge.judging import KEY
from tests.support.pythons import make_bare_python
from tests.support.runs import run, run_config
from tests.support.scripted_server import (
    MODEL,
    Answer,
    Asked,
    ScriptedServer,
    as_json,
    completion,
    serving,
)

RUBRIC = {"name": "number", "prompt": "This is {instruction}."}
HEADER = "tok-planted-in-a-header-0123"


def judged(folder: Path, server: ScriptedServer, **options: Any) -> dict[str, Any]:
    reward = {
        "type": "openai",
        "base_url": server.base_url,
        "model": MODEL,
        "rubric": RUBRIC,
        "retry_pause": 0.01,
        "batch_size": 3,
        **options,
    }
    config = run_config(folder, edit={"step_seconds": 0.0, "workers": {"devices": ["cpu"]}})
    return config | {"reward": reward}


def rows(run_dir: Path) -> dict[str, dict[str, Any]]:
    lines = (run_dir / "results.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return {row["id"]: row for row in found if row["stage"] == "score"}


def installed_with(name: str) -> set[str]:
    """Return the distributions that installing one brings, itself among them."""
    found: set[str] = set()
    left = [name]
    while left:
        current = canonicalize_name(left.pop())
        if current not in found:
            found.add(current)
            requirements = map(Requirement, distribution(current).requires or ())
            left += [one.name for one in requirements if not one.marker or one.marker.evaluate()]
    return found


def python_with_openai(folder: Path) -> Path:
    """Make an environment with what `pip install openai pillow` brings, and nothing else."""
    python = make_bare_python(folder)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in installed_with("openai"):
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            (site / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    return python


def test_a_run_has_its_scores_from_a_server_and_its_secrets_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an environment of its own, with a server that repeats the secrets that it gets."""
    monkeypatch.setenv("THE_LOGIN", KEY)

    def answer(asked: Asked, _number: int) -> Answer:
        said = f"{asked.headers['authorization']} {asked.headers['x-token']}"
        number = asked.prompt.split("edit number ")[1][0]
        if number == "4":
            return as_json({"error": {"message": f"{said} \x1b[31mtoo large"}}, 400)
        return completion(f"{said}\nScore: {number}", "length" if number == "5" else "stop")

    with serving(answer) as server:
        config = judged(
            tmp_path,
            server,
            api_key_variable="THE_LOGIN",
            headers={"X-Token": HEADER},
            workers={"python": str(python_with_openai(tmp_path / "env"))},
        )
        result, recorder, stderr = run(config)
    found = rows(result.run_dir)
    assert {name: row["score"] for name, row in found.items() if row["outcome"] == "ok"} == {
        f"s{number}": float(number) for number in range(4)
    }
    assert found["s4"]["outcome"] == "failed"
    assert r"400 Bad Request: Bearer *** *** \x1b[31mtoo large" in found["s4"]["reason"]
    assert (found["s5"]["outcome"], found["s5"]["truncated"]) == ("unparsed", True)
    assert len([event for event in recorder.of(SampleFinished) if event.stage == "score"]) == 6
    # What was given up in a batch is not sent again when the batch comes back one by one.
    assert len(server.asked) == 6
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
    written = {path: path.read_bytes() for path in result.run_dir.rglob("*") if path.is_file()}
    assert any(b"***" in data for data in written.values())
    for secret in (KEY, HEADER):
        assert [str(path) for path, data in written.items() if secret.encode() in data] == []
        assert secret not in stderr
        assert secret not in repr(recorder.events)


def test_a_server_that_is_not_there_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    with serving(lambda _asked, _number: completion()) as server:
        pass
    result, _, stderr = run(judged(tmp_path, server))
    assert result.exit_code == 2
    assert f"{server.base_url}/models: no connection" in stderr
    assert rows(result.run_dir) == {}


def test_it_conforms_to_what_a_reward_model_has_to_be() -> None:
    """With a server that answers by what it is shown."""

    def answer(asked: Asked, _number: int) -> Answer:
        shown = asked.body["messages"][-1]["content"][-2]["image_url"]["url"]
        return completion(f"Score: {zlib.crc32(shown.encode()) % 11}")

    with serving(answer) as server:
        check_reward_model({"type": "openai", "base_url": server.base_url, "model": MODEL})
