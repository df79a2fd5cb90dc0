import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from editgauge.plugins.model_files import (
    ModelFilesError,
    defuse,
    file_fingerprint,
    find_json,
    local_folder,
    model_fingerprint,
    snapshot_commit,
)


def test_folder_comes_before_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_folder("Qwen/Qwen3-VL-4B") is None
    (tmp_path / "Qwen" / "Qwen3-VL-4B").mkdir(parents=True)
    assert local_folder("Qwen/Qwen3-VL-4B") == Path("Qwen/Qwen3-VL-4B")


@pytest.mark.parametrize("model", ["/no/where", "./nowhere", "~/nowhere", "a/b/c", "nowhere"])
def test_paths_that_are_not_there_are_no_hub_ids(model: str) -> None:
    with pytest.raises(ModelFilesError, match=r"there is no folder .*'owner/name'"):
        local_folder(model)


def test_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ModelFilesError, match="is a file"):
        local_folder(str(tmp_path / "model.safetensors"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain <b>text</b>", "plain <b>text</b>"),
        ("a<|im_end|>b", "a< |im_end|>b"),
        ("<|im_<|im_end|>end|>", "<|im_< |im_end|>end|>"),
        ("<think>", "< think>"),
    ],
)
def test_control_tokens_are_defused(text: str, expected: str) -> None:
    tokens = ("<|im_end|>", "<|im_start|>", "<think>")
    assert defuse(text, tokens) == expected
    assert not any(token in expected for token in tokens)


@pytest.mark.models
def test_offline_hub_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelFilesError, match=r"not in the local cache.*hf download"):
        find_json("someone/some-model", "config.json", revision="main")


class RefusingHub(BaseHTTPRequestHandler):
    """A hub that refuses every file, for the reason that its class names."""

    status = 404
    reason = ""

    def do_HEAD(self) -> None:
        self.send_response(self.status)
        self.send_header("X-Error-Code", self.reason)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - theirs
        """Keep quiet."""


@pytest.mark.models
@pytest.mark.parametrize(
    ("status", "reason", "message"),
    [
        (401, "RepoNotFound", r"neither a folder 'someone/some-model' nor a model .*hf auth login"),
        (403, "GatedRepo", r"access to 'someone/some-model' .* must be asked for"),
        (404, "RevisionNotFound", r"no such revision of 'someone/some-model' \(v9\)"),
        (404, "EntryNotFound", r"there is no config\.json in .*another kind of model"),
    ],
)
def test_refusals_of_the_hub_are_explained(
    status: int, reason: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    handler = type("Hub", (RefusingHub,), {"status": status, "reason": reason})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            address + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        with pytest.raises(ModelFilesError, match=message):
            find_json("someone/some-model", "config.json", revision="v9")
        server.shutdown()


@pytest.mark.models
def test_cached_model_is_found_offline_with_its_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--someone--some-model"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    (repository / "snapshots" / commit).mkdir(parents=True)
    (repository / "snapshots" / commit / "config.json").write_text(json.dumps({"a": 1}))
    path, content = find_json("someone/some-model", "config.json")
    assert content == {"a": 1}
    assert snapshot_commit(path) == commit
    assert snapshot_commit(tmp_path / "config.json") is None


def make_folder(folder: Path, weights: bytes) -> str:
    (folder / "unet").mkdir(parents=True, exist_ok=True)
    (folder / "model_index.json").write_text("{}")
    (folder / "unet" / "weights.safetensors").write_bytes(weights)
    return model_fingerprint(str(folder), folder / "model_index.json")


def test_a_folder_of_other_weights_has_another_fingerprint(tmp_path: Path) -> None:
    first = make_folder(tmp_path / "a", b"1" * 100)
    assert make_folder(tmp_path / "b", b"1" * 100) == first
    assert make_folder(tmp_path / "a", b"2" * 100) != first
    assert make_folder(tmp_path / "a", b"1" * 101) != first


def test_files_that_nothing_is_loaded_from_change_no_fingerprint(tmp_path: Path) -> None:
    first = make_folder(tmp_path, b"1")
    (tmp_path / "README.md").write_text("notes")
    assert make_folder(tmp_path, b"1") == first
    (tmp_path / "unet" / "config.json").write_text("{}")
    assert make_folder(tmp_path, b"1") != first


def test_the_beginning_middle_and_end_of_a_large_file_count(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    data = bytearray(3 * 2**20)
    path.write_bytes(data)
    whole = file_fingerprint(path)
    for position in (0, len(data) // 2, len(data) - 1):
        # A block is 16 KiB and the gap behind it 32 KiB: a change this wide cannot hide.
        width = min(64 * 1024, len(data) - position)
        path.write_bytes(data[:position] + b"x" * width + data[position + width :])
        assert file_fingerprint(path) != whole


def test_on_the_hub_the_commit_is_the_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "models--Qwen--X" / "snapshots" / "0123abcd" / "config.json"
    assert model_fingerprint("Qwen/X", path) == "commit 0123abcd"


def test_parts_of_a_checkpoint_that_are_links_to_folders_count(tmp_path: Path) -> None:
    folder, shared = tmp_path / "model", tmp_path / "shared"
    folder.mkdir()
    shared.mkdir()
    (folder / "model_index.json").write_text("{}")
    (shared / "weights.safetensors").write_bytes(b"first")
    (folder / "transformer").symlink_to(shared)
    (shared / "round").symlink_to(folder)
    (folder / "broken").symlink_to(tmp_path / "nowhere")
    first = model_fingerprint(str(folder), folder / "model_index.json")
    (shared / "weights.safetensors").write_bytes(b"other")
    assert model_fingerprint(str(folder), folder / "model_index.json") != first
