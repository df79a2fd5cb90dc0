"""What is tried in processes of its own is tried at once, as far as there are processors."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
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
        yield _Reports(module.report_of, pool, [] if "PYTEST_XDIST_WORKER" in os.environ else tried)


class _Reports(dict[Any, Future[ConformanceReport]]):
    """Makes the reports that are wanted at once, and others when somebody asks for them.

    Which tests a process of pytest-xdist will run is not known beforehand.
    """

    def __init__(
        self,
        report_of: Callable[[Any], ConformanceReport],
        pool: ThreadPoolExecutor,
        at_once: Iterable[Any],
    ) -> None:
        self._report_of = report_of
        self._pool = pool
        super().__init__((one, pool.submit(report_of, one)) for one in at_once)

    def __missing__(self, tried: Any) -> Future[ConformanceReport]:
        self[tried] = made = self._pool.submit(self._report_of, tried)
        return made
