"""The models that prove the interface are written with it alone, as an outsider's would be."""

import pytest

from tests.import_graph import Import, imports, modules

CONFIGS = {
    "diffusers_edit": "editgauge.config_schemas.diffusers_edit",
    "flux_kontext": "editgauge.config_schemas.flux_kontext",
    "identity": "editgauge.config_schemas.identity",
    "image_metrics": "editgauge.config_schemas.image_metrics",
    "openai_judge": "editgauge.config_schemas.openai_judge",
    "pillow_edit": "editgauge.config_schemas.pillow_edit",
}
SHARED = "editgauge.plugins.diffusers_pipelines."
"""What the models of diffusers pipelines share is held to the same rule."""

PUBLIC_MODULES = {"editgauge.events", "editgauge.model_files"}


def is_public(item: Import, *own: str) -> bool:
    """Whether an outsider could write this import, with files of the same names beside it."""
    import editgauge

    if item.imported == "editgauge":
        return item.name in editgauge.__all__
    return (
        item.top != "editgauge" or item.imported in PUBLIC_MODULES or item.imported.startswith(own)
    )


def imports_of_plugin(plugin: str) -> list[Import]:
    room = f"editgauge.plugins.{plugin}"
    return [
        item for item in imports() if item.importer == room or item.importer.startswith(f"{room}.")
    ]


@pytest.mark.parametrize("plugin", CONFIGS)
def test_they_use_the_public_face_and_their_own_config_only(plugin: str) -> None:
    found = imports_of_plugin(plugin)
    assert found
    own = (f"editgauge.plugins.{plugin}.", CONFIGS[plugin], SHARED)
    assert [str(item) for item in found if not is_public(item, *own)] == []


def test_what_the_models_of_pipelines_share_uses_the_public_face_only() -> None:
    found = imports_of_plugin("diffusers_pipelines")
    assert found
    assert [str(item) for item in found if not is_public(item, SHARED)] == []


@pytest.mark.parametrize("plugin", CONFIGS)
def test_what_they_register_is_their_own(plugin: str) -> None:
    text = modules()[f"editgauge.plugins.{plugin}.plugin"].read_text("utf-8")
    assert f'config="{CONFIGS[plugin]}:' in text
    assert f'target="editgauge.plugins.{plugin}.model:' in text


def test_the_other_plugins_show_that_this_test_can_fail() -> None:
    own = ("editgauge.plugins.faults.", "editgauge.config_schemas.faults")
    assert not all(is_public(item, *own) for item in imports_of_plugin("faults"))
