import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from editgauge.plugins.miniature import checkpoints
from editgauge.plugins.miniature.checkpoints import (
    KINDS,
    TRAINED,
    WEIGHTS,
    Kind,
    cache_folder,
    checkpoint,
    checkpoint_path,
)

COMMAND = [sys.executable, "-m", "editgauge.plugins.miniature.checkpoints"]


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.models
@pytest.mark.parametrize("kind", KINDS)
def test_checkpoint_is_small_and_has_safe_weights(kind: Kind) -> None:
    files = [path for path in checkpoint(kind).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 8_000_000
    assert any(path.suffix == ".safetensors" for path in files)
    assert not any(path.suffix in {".bin", ".pt", ".py"} for path in files)


@pytest.mark.models
def test_processes_that_build_at_once_agree_and_leave_nothing_behind(tmp_path: Path) -> None:
    environment = os.environ | {"EDITGAUGE_CACHE": str(tmp_path), "OMP_NUM_THREADS": "1"}
    builders = [
        subprocess.Popen(
            [*COMMAND, "qwen3-vl-moe"], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    printed = {builder.communicate()[0] for builder in builders}
    assert [builder.returncode for builder in builders] == [0, 0]
    path = checkpoint_path("qwen3-vl-moe", folder=tmp_path)
    assert printed == {f"{path}\n"}
    assert list(path.parent.iterdir()) == [path]
    # Another build, of another day, has the same weights.
    assert contents(path) == contents(checkpoint("qwen3-vl-moe"))


def test_existing_checkpoint_is_found_without_importing_torch(tmp_path: Path) -> None:
    checkpoint_path("qwen3-vl-moe", folder=tmp_path).mkdir(parents=True)
    program = (
        "import sys\n"
        "from editgauge.plugins.miniature.checkpoints import main\n"
        "main(['qwen3-vl-moe', 'qwen3-vl'])\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)\n"
    )
    environment = os.environ | {"EDITGAUGE_CACHE": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def test_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_kind: Kind, folder: Path) -> None:
        folder.mkdir()
        (folder / "half").touch()
        raise OSError("disk full")

    monkeypatch.setattr(checkpoints, "_build", fail)
    with pytest.raises(OSError, match="disk full"):
        checkpoint("qwen3-vl-moe", folder=tmp_path)
    assert list((tmp_path / "miniature").iterdir()) == []


@pytest.mark.parametrize("kind", TRAINED)
def test_trained_checkpoint_is_the_one_that_is_shipped(kind: Kind, tmp_path: Path) -> None:
    assert checkpoint(kind, folder=tmp_path) == WEIGHTS / kind
    assert list(tmp_path.iterdir()) == []


def test_changed_recipe_has_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = checkpoint_path("qwen3-vl-moe", folder=tmp_path)
    home = tmp_path / "recipes"
    home.mkdir()
    source = Path(checkpoints.__file__).parent
    for name in ("build_qwen3_vl.py", "byte_tokenizer.py"):
        (home / name).write_text((source / name).read_text())
    monkeypatch.setattr(checkpoints, "__file__", str(home / "checkpoints.py"))
    assert checkpoint_path("qwen3-vl-moe", folder=tmp_path) == before
    with (home / "byte_tokenizer.py").open("a") as file:
        file.write("# changed\n")
    assert checkpoint_path("qwen3-vl-moe", folder=tmp_path) != before


def test_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("EDITGAUGE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path("/home/someone/.cache/editgauge")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path("/home/someone/.cache/editgauge")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert cache_folder() == Path("/cache/editgauge")
    monkeypatch.setenv("EDITGAUGE_CACHE", "~/mine")
    assert cache_folder() == Path("/home/someone/mine")


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one of qwen-image-edit, .* not 'qwen-4'"):
        checkpoint("qwen-4")  # type: ignore[arg-type]
