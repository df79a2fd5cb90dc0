"""What is tried in processes of its own is tried at once, as far as there are processors."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from editgauge.core.conformance.checks import ConformanceReport


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest) -> Iterator[Mapping[Any, Future[ConformanceReport]]]:
    """Return, by parameter `tried`, the report that the module's function `report_of` is making.

    Of those tests only that were asked for.
    """
    module = request.module
    params = [
        item.callspec.params
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.module is module
        and getattr(item, "callspec", None) is not None
    ]
    tried = [found["tried"] for found in params if "tried" in found]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        yield {one: pool.submit(module.report_of, one) for one in tried}
