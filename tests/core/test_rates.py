"""How fast a stage is."""

import pytest

from editgauge.core.rates import images_per_minute


@pytest.mark.parametrize(
    ("ok", "seconds", "expected"),
    [(4, 60.0, 4.0), (1, 0.5, 120.0), (0, 60.0, None), (4, 0.0, None), (4, None, None)],
)
def test_only_good_results_in_a_known_time_make_a_rate(
    ok: int, seconds: float | None, expected: float | None
) -> None:
    assert images_per_minute(ok, seconds) == expected
