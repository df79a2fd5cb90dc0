"""The files of a new plugin, made from templates, and how they reach the disk."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import editgauge
from editgauge.core.hooks.api_version import API_VERSION
from editgauge.core.hooks.plugin_manager import Kind
from editgauge.core.scaffold.names import PluginNames
from editgauge.core.scaffold.pictures import draw_pictures

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKind:
    """A kind of plugin that can be made.

    Attributes:
        kind: as registrations call it.
        folder: of its templates.
        part: name of the module that holds the class.
        article: before `kind`, in a sentence.
    """

    kind: Kind
    folder: str
    part: str
    article: str = "a"


NEW_KINDS = {
    "edit-model": NewKind(kind="edit model", folder="edit_model", part="model", article="an"),
    "reward-model": NewKind(kind="reward model", folder="reward_model", part="model"),
    "dataset": NewKind(kind="dataset", folder="dataset", part="dataset"),
    "reporter": NewKind(kind="reporter", folder="reporter", part="reporter"),
}
"""What `editgauge new` makes, by the word that a user writes."""


def package_files(kind: NewKind, names: PluginNames) -> dict[str, bytes]:
    """Return every file of a new package: content by path, relative to the package's folder."""
    render = _Renderer(kind, names, target_module=f"{names.module}.{kind.part}")
    texts = {
        "pyproject.toml": render("package/pyproject.toml"),
        "README.md": render("package/README.md"),
        ".gitignore": render("package/gitignore"),
        "run.yaml": "# In this folder: editgauge run run.yaml\n"
        + render(f"{kind.folder}/run.yaml"),
        f"{names.module}/__init__.py": render(f"{kind.folder}/init.py"),
        f"{names.module}/{kind.part}.py": render(f"{kind.folder}/{kind.part}.py"),
        f"{names.module}/py.typed": "",
        f"tests/test_{names.module}.py": render("package/test.py"),
    }
    if kind.kind == "dataset":
        texts["samples.csv"] = render("dataset/samples.csv")
    pictures = {f"pictures/{name}": data for name, data in draw_pictures().items()}
    return {path: text.encode() for path, text in texts.items()} | pictures


def single_file(kind: NewKind, names: PluginNames) -> dict[str, bytes]:
    """Return the one file of a plugin for `--plugin`, by its name."""
    render = _Renderer(kind, names, target_module=names.module, single_file=True)
    example = textwrap.indent(render(f"{kind.folder}/run.yaml"), "    ").rstrip()
    text = render(f"{kind.folder}/single_file.py", example=example)
    return {f"{names.module}.py": text.encode()}


def write_files(files: dict[str, bytes], folder: Path) -> None:
    """Write files into a folder, which is made if it is missing; all of them or none.

    Raises:
        FileExistsError: one of them is there already; its name is the error's text.
        OSError: one cannot be written.
    """
    for name in files:
        # A broken link counts as well: writing would follow it.
        if (folder / name).exists() or (folder / name).is_symlink():
            raise FileExistsError(str(folder / name))
    written: list[Path] = []
    try:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                written.append(path)
                file.write(data)
    except OSError:
        for begun in written:
            begun.unlink(missing_ok=True)
        raise


class _Renderer:
    """Makes texts of the templates of one plugin."""

    def __init__(
        self, kind: NewKind, names: PluginNames, *, target_module: str, single_file: bool = False
    ) -> None:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=False,  # noqa: S701 - what is made is no HTML, and names are checked
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._values: dict[str, Any] = {
            "api": API_VERSION,
            "article": kind.article,
            "class_name": names.class_name,
            "kind": kind.kind,
            "module": names.module,
            "name": names.name,
            "part": kind.part,
            "single_file": single_file,
            "target_module": target_module,
            "version": editgauge.__version__,
        }

    def __call__(self, template: str, **more: str) -> str:
        """Return the text of a template, named without its `.jinja`."""
        found = self._environment.get_template(f"{template}.jinja")
        return found.render(self._values | more)
