import pytest

from editgauge.core.workers.budget import LONGEST_PAUSE, RunBudget, WorkerBudget


def test_pauses_grow_up_to_a_limit_and_end_with_the_budget() -> None:
    budget = WorkerBudget(max_restarts=8, first_pause=1.0)
    pauses = [budget.lose() for _ in range(9)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_PAUSE, LONGEST_PAUSE, None]


def test_a_sample_that_left_ends_the_row() -> None:
    budget = WorkerBudget(max_restarts=1, first_pause=0.5)
    for _ in range(5):
        assert budget.lose() == 0.5
        budget.clear()
    assert budget.lose() == 0.5
    assert budget.lose() is None


def test_a_worker_may_never_be_replaced() -> None:
    assert WorkerBudget(max_restarts=0, first_pause=1.0).lose() is None


def test_there_may_be_no_pauses() -> None:
    budget = WorkerBudget(max_restarts=100, first_pause=0.0)
    assert {budget.lose() for _ in range(100)} == {0.0}


def test_a_budget_without_end_has_no_pause_without_end() -> None:
    budget = WorkerBudget(max_restarts=10**9, first_pause=0.001)
    for _ in range(3000):
        pause = budget.lose()
        assert pause is not None
        assert pause <= LONGEST_PAUSE


@pytest.mark.parametrize("allowed", [0, 2])
def test_a_run_may_lose_so_many_workers_and_no_more(allowed: int) -> None:
    budget = RunBudget(allowed)
    for _ in range(allowed):
        budget.lose()
    assert not budget.is_used_up
    budget.lose()
    assert budget.is_used_up
    assert budget.lost == allowed + 1
