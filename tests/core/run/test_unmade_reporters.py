"""A reporter that cannot be made says what is wrong with its path, in words."""

from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.plugin_manager import PluginError
from tests.support.runs import make_dataset, run, run_config


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("json", "folder", "reporters.json: cannot write '{}/folder': it is a folder; name a file"),
        ("json", "file/log", "reporters.json: cannot write '{}/file': it is a file, where a fol"),
        ("events", "file/x/log", "reporters.events: cannot write '{}/file/x': a part of the pat"),
        ("html", "file", "reporters.html: the reporter cannot be made: {}/file is a file; a rep"),
        ("junit", "folder", "reporters.junit: the reporter cannot be made: {}/folder is a f"),
    ],
)
def test_it_says_path_reason_and_what_to_do(
    tmp_path: Path, name: str, path: str, said: str
) -> None:
    make_dataset(tmp_path / "data", 1)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    reporters: dict[str, Any] = {name: {"path": str(tmp_path / path)}}
    with pytest.raises(PluginError) as caught:
        run(run_config(tmp_path, reporters=reporters))
    assert str(caught.value).startswith(said.format(tmp_path))
    assert "Error" not in str(caught.value)
