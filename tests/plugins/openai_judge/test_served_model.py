"""The judge against a real server: `transformers serve` with a miniature Qwen3-VL."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from editgauge.plugins.miniature.checkpoints import checkpoint
from editgauge.plugins.openai_judge.failures import RequestFailure
from editgauge.plugins.openai_judge.model import BatchFailure, OpenAIJudge
from tests.plugins.openai_judge.judging import ask, judge_config, loaded, silent
from tests.plugins.openai_judge.test_runs import rows
from tests.support.runs import run, run_config

if TYPE_CHECKING:
    from editgauge import Reply

pytestmark = pytest.mark.models

NAME = "miniature/qwen3-vl-moe"
REQUESTS = [ask(number) for number in range(3)]


def put_into_cache(folder: Path) -> None:
    """Lay the miniature out as a model of the hub that was downloaded before."""
    model = folder / "hub" / f"models--{NAME.replace('/', '--')}"
    shutil.copytree(checkpoint("qwen3-vl-moe"), model / "snapshots" / ("0" * 40))
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("0" * 40)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all tests of this file; its whole group is killed at the end."""
    folder = tmp_path_factory.mktemp("served")
    put_into_cache(folder)
    port = free_port()
    environment = {**os.environ, "HF_HOME": str(folder), "HF_HUB_OFFLINE": "1"}
    environment |= {"OMP_NUM_THREADS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    program = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", program, "serve", NAME, "--device", "cpu"]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(process, f"http://127.0.0.1:{port}/health", folder / "serve.log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(errors="replace")
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - loopback
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not come up: {log.read_text(errors='replace')}")


def ours(base_url: str, **options: Any) -> dict[str, Any]:
    return {
        "base_url": base_url,
        "model": NAME,
        "max_tokens": 24,
        "max_pixels": 128 * 128,
    } | options


def test_the_server_lists_its_model(base_url: str) -> None:
    config = judge_config(**ours(base_url))
    OpenAIJudge.check(config)
    assert OpenAIJudge.fingerprint(config) == f"id {NAME}"
    with pytest.raises(RequestFailure, match="does not list the model 'other', but '" + NAME):
        OpenAIJudge.check(judge_config(**ours(base_url, model="other")))


def test_a_batch_gives_what_each_request_gives_alone_whole_or_as_a_stream(base_url: str) -> None:
    heard: dict[int, Reply] = {}
    with loaded(**ours(base_url)) as judge:
        together = judge.score(REQUESTS, heard.__setitem__)
        assert together == [judge.score([request], silent)[0] for request in REQUESTS]
    assert [heard[number] for number in range(3)] == together
    assert len({reply.text for reply in together}) == 3
    with loaded(**ours(base_url, stream=True)) as judge:
        assert judge.score(REQUESTS, silent) == together


def test_the_pictures_are_seen_and_a_long_reply_is_cut_off(base_url: str) -> None:
    with loaded(**ours(base_url)) as judge:
        one, other = judge.score([ask(0), ask(0, images=ask(5).images)], silent)
        assert one != other
    with loaded(**ours(base_url, max_tokens=2)) as judge:
        assert [reply.truncated for reply in judge.score(REQUESTS, silent)] == [True] * 3


def test_what_this_server_cannot_do_is_said(base_url: str) -> None:
    with (
        loaded(**ours(base_url, score_by="logprobs")) as judge,
        pytest.raises(RequestFailure, match="no log-probabilities"),
    ):
        judge.score([ask(labelled=True)], silent)
    with (
        loaded(**ours(base_url, model="other")) as judge,
        pytest.raises(BatchFailure, match="400 Bad Request: Server is pinned to"),
    ):
        judge.score(REQUESTS, silent)


def test_a_run_is_judged_by_the_server(base_url: str, tmp_path: Path) -> None:
    config = run_config(tmp_path, edit={"step_seconds": 0.0, "workers": {"devices": ["cpu"]}})
    config["reward"] = {"type": "openai", **ours(base_url, batch_size=4)}
    result, _, _ = run(config)
    found = rows(result.run_dir)
    # Random weights say nothing that is a score.
    assert {row["outcome"] for row in found.values()} == {"unparsed"}
    assert all(row["reply"] for row in found.values())
    assert len(found) == 6
