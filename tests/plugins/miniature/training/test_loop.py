from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from editgauge.plugins.miniature.training import loop  # noqa: E402 - after the check of extras
from editgauge.plugins.miniature.training.loop import Course, train  # noqa: E402

pytestmark = pytest.mark.models

COURSE = Course(name="try", steps=12, rate=0.05, warm_up=3)


class StoppedError(Exception):
    """What stops a training here."""


class Trial:
    """A training of two small layers that can be stopped before a step."""

    def __init__(self, *, with_groups: bool) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 2))
        self.steps: list[int] = []
        self.options: dict[str, Any] = {}
        if with_groups:
            self.options["matrices"] = [self.model[0].weight]
            self.options["gentle"] = [self.model[1].weight, self.model[1].bias]

    def run(self, folder: Path, *, stop: int = -1, course: Course = COURSE) -> list[Any]:
        """Return the weights after the training."""

        def loss_of(step: int) -> Any:
            if step == stop:
                raise StoppedError
            self.steps.append(step)
            given = torch.randn(8, 6, generator=torch.Generator().manual_seed(step))
            return (self.model(given) - given[:, :2]).square().mean()

        train(course, self.model, loss_of, folder=folder, **self.options)
        return [weight.detach().clone() for weight in self.model.parameters()]


@pytest.mark.parametrize("with_groups", [False, True])
@pytest.mark.parametrize("stop", [1, 7])
def test_stopped_training_ends_as_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_groups: bool, stop: int
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)
    (tmp_path / "whole").mkdir()
    wanted = Trial(with_groups=with_groups).run(tmp_path / "whole")
    with pytest.raises(StoppedError):
        Trial(with_groups=with_groups).run(tmp_path, stop=stop)
    resumed = Trial(with_groups=with_groups)
    weights = resumed.run(tmp_path)
    assert resumed.steps == list(range(stop, COURSE.steps))
    assert all(map(torch.equal, weights, wanted))


def test_state_is_not_saved_before_its_time(tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        Trial(with_groups=False).run(tmp_path, stop=7)
    assert list(tmp_path.iterdir()) == []


def test_finished_training_is_not_repeated(tmp_path: Path) -> None:
    wanted = Trial(with_groups=True).run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["try.state.pt"]
    again = Trial(with_groups=True)
    assert all(map(torch.equal, again.run(tmp_path), wanted))
    assert again.steps == []


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    trial = Trial(with_groups=True)
    given = torch.randn(200, 6, generator=torch.Generator().manual_seed(99))

    def loss() -> float:
        with torch.no_grad():
            return float((trial.model(given) - given[:, :2]).square().mean())

    before = loss()
    trial.run(tmp_path, course=Course(name="try", steps=150, rate=0.02, warm_up=5))
    assert loss() < 0.2 * before
    assert not trial.model.training


def test_gentle_weights_move_a_fifth_as_far_at_first(tmp_path: Path) -> None:
    course = Course(name="try", steps=1, rate=0.1, warm_up=1)
    moved = []
    for name, gentle in (("one", False), ("other", True)):
        trial = Trial(with_groups=False)
        before = trial.model[1].bias.detach().clone()
        if gentle:
            trial.options["gentle"] = [trial.model[1].bias]
        (tmp_path / name).mkdir()
        trial.run(tmp_path / name, course=course)
        moved.append((trial.model[1].bias.detach() - before).abs())
    assert torch.allclose(moved[0], torch.full((2,), 0.1), rtol=1e-3)
    assert torch.allclose(moved[1], torch.full((2,), 0.02), rtol=1e-3)


def test_rate_rises_evenly_and_falls_to_nearly_nothing() -> None:
    course = Course(name="try", steps=1000, rate=1.0, warm_up=10)
    shares = [course.share(step) for step in range(1000)]
    assert shares[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert shares[10] == 1.0
    assert shares[505] == pytest.approx(0.5)
    assert 0 < shares[-1] < 1e-4
    assert shares[10:] == sorted(shares[10:], reverse=True)


def test_rate_is_held_before_it_falls() -> None:
    course = Course(name="try", steps=1000, rate=1.0, warm_up=10, hold=400)
    shares = [course.share(step) for step in range(1000)]
    assert shares[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert shares[10:401] == [1.0] * 391
    assert shares[700] == pytest.approx(0.5)
    assert 0 < shares[-1] < 1e-4
    assert shares[400:] == sorted(shares[400:], reverse=True)


def test_facts_are_shown_beside_the_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trial = Trial(with_groups=False)
    trial.options["facts"] = lambda: {"area": 0.75}
    trial.run(tmp_path)
    shown = capsys.readouterr().err
    assert "try: 100%" in shown
    assert "area=0.750" in shown
