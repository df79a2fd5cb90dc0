"""Model repositories that bring code of their own: none of it runs, not in any phase."""

import contextlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest
from jinja2.exceptions import SecurityError

from editgauge.core.models import Config, EditModel, Reply, ScoreRequest
from editgauge.plugins.miniature.checkpoints import checkpoint
from editgauge.plugins.model_files import ModelFilesError
from tests.plugins.qwen_models import (
    edit_config,
    judge_config,
    load_editor,
    load_judge,
    no_steps,
    picture,
    request,
)

pytestmark = pytest.mark.models


class _Pickled:
    """Touches a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (str(self.marker),)


def _plant(folder: Path, marker: Path) -> None:
    """Put code and pickled weights into a folder, and let its configs ask for them."""
    code = f"import os\nos.mkdir({str(marker)!r})\nclass Evil: pass\n"
    names = ("evil.py", "modeling_evil.py", "pipeline.py", "custom_generate/generate.py")
    for name in (*names, "__init__.py", "setup.py", "conftest.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code)
    for name in ("pytorch_model.bin", "diffusion_pytorch_model.bin", "model.pt", "x.ckpt"):
        (folder / name).write_bytes(pickle.dumps(_Pickled(marker)))
    asked_for = (
        *("AutoConfig", "AutoModel", "AutoModelForImageTextToText", "AutoModelForVision2Seq"),
        *("AutoProcessor", "AutoImageProcessor", "AutoVideoProcessor", "AutoFeatureExtractor"),
    )
    automatic = dict.fromkeys(asked_for, "evil.Evil")
    for name in (
        "config.json",
        "processor_config.json",
        "preprocessor_config.json",
        "tokenizer_config.json",
        "generation_config.json",
        "scheduler_config.json",
    ):
        path = folder / name
        if path.is_file():
            content = json.loads(path.read_text())
            content["auto_map"] = automatic | {"AutoTokenizer": ["evil.Evil", "evil.Evil"]}
            content["custom_generate"] = "evil.py"
            path.write_text(json.dumps(content))


def _template(marker: Path) -> str:
    """Return a template that gets at `os` by the attributes of what it is given."""
    return (
        "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.mkdir"
        f"({str(marker)!r}) }}}}"
    )


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "ran"


def test_planted_pickles_and_code_would_be_noticed(tmp_path: Path, marker: Path) -> None:
    _plant(tmp_path, marker)
    pickle.loads((tmp_path / "pytorch_model.bin").read_bytes())  # noqa: S301 - the test's own
    assert marker.exists()
    marker.rmdir()
    exec((tmp_path / "evil.py").read_text(), {})  # noqa: S102 - the test's own
    assert marker.exists()
    marker.rmdir()
    jinja2.Environment(autoescape=True).from_string(_template(marker)).render()
    assert marker.exists()


def test_a_judge_runs_no_code_of_its_repository(tmp_path: Path, marker: Path) -> None:
    folder = Path(shutil.copytree(checkpoint("qwen3-vl"), tmp_path / "model"))
    _plant(folder, marker)
    judge = load_judge(model=str(folder))
    assert judge.describe()["model"] == "Qwen3VLForConditionalGeneration"
    (reply,) = judge.score([_question()], _ignore)
    assert isinstance(reply, Reply)
    assert not marker.exists()


def test_a_chat_template_cannot_leave_its_sandbox(tmp_path: Path, marker: Path) -> None:
    folder = Path(shutil.copytree(checkpoint("qwen3-vl"), tmp_path / "model"))
    (folder / "chat_template.jinja").write_text(_template(marker))
    judge = load_judge(model=str(folder))
    with pytest.raises(SecurityError):
        judge.score([_question()], _ignore)
    assert not marker.exists()


def test_an_editor_runs_no_code_of_its_repository(tmp_path: Path, marker: Path) -> None:
    folder = Path(shutil.copytree(checkpoint("qwen-image-edit"), tmp_path / "model"))
    for part in (folder, *(path for path in list(folder.iterdir()) if path.is_dir())):
        _plant(part, marker)
    editor = load_editor(model=str(folder))
    assert editor.describe()["transformer"] == "QwenImageTransformer2DModel"
    editor.edit(request(), no_steps)
    assert not marker.exists()


@pytest.mark.parametrize("kind", ["flux-kontext", "diffusers"])
def test_editors_of_other_pipelines_run_no_code_of_their_repository(
    tmp_path: Path, marker: Path, kind: str
) -> None:
    from tests.plugins.diffusers_edit.models import load_diffusers
    from tests.plugins.flux_kontext.models import load_flux
    from tests.plugins.tiny_pipelines import build_flux_kontext, build_instruct_pix2pix

    build: Callable[[Path], Path] = build_flux_kontext
    load: Callable[[Path], EditModel] = load_flux
    if kind == "diffusers":
        build, load = build_instruct_pix2pix, load_diffusers
    folder = build(tmp_path / "model")
    for part in (folder, *(path for path in list(folder.iterdir()) if path.is_dir())):
        _plant(part, marker)
    load(folder).edit(request(), no_steps)
    assert not marker.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"_class_name": "Evil"},
        {"_class_name": ["evil", "Evil"]},
        {"_class_name": ["pipeline", "QwenImageEditPipeline"]},
        {"scheduler": ["evil", "Evil"]},
        {"transformer": ["modeling_evil", "Evil"]},
        {"extra": ["os", "mkdir"]},
    ],
    ids=str,
)
def test_an_editor_that_asks_for_code_of_its_own_is_refused(
    changes: dict[str, object], tmp_path: Path, marker: Path
) -> None:
    from editgauge.plugins.miniature.model import MiniatureQwenImageEdit

    folder = Path(shutil.copytree(checkpoint("qwen-image-edit"), tmp_path / "model"))
    for part in (folder, folder / "scheduler", folder / "transformer"):
        _plant(part, marker)
    index = folder / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | changes))
    config: Config = edit_config(model=str(folder))
    with pytest.raises(ModelFilesError, match=r"runs QwenImage|asks for code"):
        MiniatureQwenImageEdit.check(config)
    with pytest.raises(ModelFilesError):
        MiniatureQwenImageEdit().load(config, "cpu")
    assert not marker.exists()


@pytest.mark.parametrize("network", ["text_encoder", "transformer", "vae"])
def test_pickled_weights_of_an_editor_are_never_unpickled(
    network: str, tmp_path: Path, marker: Path
) -> None:
    from editgauge.plugins.miniature.model import MiniatureQwenImageEdit

    folder = Path(shutil.copytree(checkpoint("qwen-image-edit"), tmp_path / "model"))
    for path in (folder / network).glob("*.safetensors"):
        path.unlink()
    _plant(folder / network, marker)
    with pytest.raises(ModelFilesError, match="pickled"):
        MiniatureQwenImageEdit.check(edit_config(model=str(folder)))
    with pytest.raises(ModelFilesError, match="pickled"):
        load_editor(model=str(folder))
    assert not marker.exists()


def test_pickled_weights_of_a_judge_are_never_unpickled(tmp_path: Path, marker: Path) -> None:
    from editgauge.plugins.qwen3_vl.model import Qwen3VLJudge

    folder = Path(shutil.copytree(checkpoint("qwen3-vl"), tmp_path / "model"))
    (folder / "model.safetensors").unlink()
    _plant(folder, marker)
    with pytest.raises(ModelFilesError, match="pickled"):
        Qwen3VLJudge.check(judge_config(model=str(folder)))
    with pytest.raises(ModelFilesError, match="pickled"):
        load_judge(model=str(folder))
    # A pickle under the name of safe weights is no safe weights.
    (folder / "model.safetensors").write_bytes(pickle.dumps(_Pickled(marker)))
    with contextlib.suppress(ModelFilesError):
        Qwen3VLJudge.check(judge_config(model=str(folder)))
    with pytest.raises(Exception, match=r"(?i)header|safetensors|deserial"):
        load_judge(model=str(folder))
    assert not marker.exists()


def test_no_option_turns_remote_code_on() -> None:
    for config in (edit_config(), judge_config()):
        assert not [name for name in vars(config) if "remote" in name or "pickle" in name]


def _question() -> ScoreRequest:
    return ScoreRequest(
        id="a",
        index=0,
        images=(picture(), picture(1)),
        system="You compare pictures.",
        prompt="Is it good?",
        labels=(),
        values=(),
    )


def _ignore(position: int, reply: Reply) -> None:
    """Hear no reply."""
