from pathlib import Path

import pytest

from tests.plugins.flux_kontext.models import SMALL, load_flux
from tests.plugins.pipeline_runs import edit_here, run_in_two_workers, steps_of

pytestmark = pytest.mark.models


def test_two_workers_give_the_bytes_that_one_model_gives(
    flux_kontext: Path, tmp_path: Path
) -> None:
    edit = {"type": "flux-kontext", "model": str(flux_kontext), **SMALL}
    pictures, recorder = run_in_two_workers(tmp_path, edit)
    assert pictures == edit_here(load_flux(flux_kontext))
    assert len(set(pictures)) == 4
    assert all(steps_of(recorder, f"s{number}") == [(1, 3), (2, 3), (3, 3)] for number in range(4))
