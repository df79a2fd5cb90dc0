"""What `image-metrics` measures, checked against the formulas, and what it refuses."""

import json
import math
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editgauge import ImageError, Reply, ScoreRequest, safe_name
from editgauge.config_schemas.image_metrics import ImageMetricsConfig
from editgauge.core.judging.replies import judge
from editgauge.core.judging.rubrics import load_rubrics
from editgauge.core.models import Config, make_config
from editgauge.core.outcomes import ScoreOutcome
from editgauge.plugins.image_metrics.model import ImageMetrics
from editgauge.testing import check_reward_model
from tests.plugins.qwen_models import picture
from tests.support.runs import run, run_config

PIXELS = ("psnr", "ssim", "mse", "mae")


def validated(metric: str, **options: Any) -> ImageMetricsConfig:
    values = {"type": "image-metrics", "metric": metric}
    return ImageMetricsConfig.model_validate_json(json.dumps(values | options))


def plain(metric: str, **options: Any) -> Config:
    config: Config = make_config(validated(metric, **options).model_dump(mode="json"))
    return config


def request(*images: Image.Image, sample: str = "a") -> ScoreRequest:
    return ScoreRequest(id=sample, index=0, images=images, system="", prompt="")


def measured(metric: str, *images: Image.Image, **options: Any) -> Reply:
    model = ImageMetrics()
    config = plain(metric, **options)
    ImageMetrics.check(config)
    model.load(config, "cpu")
    (reply,) = model.score([request(*images)], lambda *_: None)
    return reply


def value(metric: str, *images: Image.Image, **options: Any) -> float:
    found = measured(metric, *images, **options).value
    assert found is not None
    return found


def noisy(image: Image.Image, step: int) -> Image.Image:
    array = np.asarray(image).astype(int)
    noise = np.random.default_rng(0).integers(-step, step + 1, array.shape)
    return Image.fromarray(np.clip(array + noise, 0, 255).astype(np.uint8))


ONE, OTHER = picture(0), noisy(picture(0), 20)
FIRST, SECOND = (np.asarray(image).astype(float) / 255 for image in (ONE, OTHER))


def test_differences_are_those_of_the_formulas() -> None:
    mse = ((FIRST - SECOND) ** 2).mean()
    assert value("mse", ONE, OTHER) == pytest.approx(mse)
    assert value("mae", ONE, OTHER) == pytest.approx(np.abs(FIRST - SECOND).mean())
    assert value("psnr", ONE, OTHER) == pytest.approx(10 * math.log10(1 / mse))


def test_ssim_is_that_of_its_authors() -> None:
    """By the formula, pixel by pixel; the border of half a window is left out."""
    edge = np.arange(-5, 6)
    kernel = np.exp(-(edge**2) / (2 * 1.5**2))
    kernel = np.outer(kernel, kernel) / kernel.sum() ** 2

    def blurred(channel: Any) -> Any:
        windows = np.lib.stride_tricks.sliding_window_view(channel, (11, 11))
        return (windows * kernel).sum(axis=(2, 3))

    def similarity(x: Any, y: Any) -> float:
        mean_x, mean_y = blurred(x), blurred(y)
        variance_x, variance_y = blurred(x * x) - mean_x**2, blurred(y * y) - mean_y**2
        covariance = blurred(x * y) - mean_x * mean_y
        c1, c2 = 0.01**2, 0.03**2
        return float(
            (
                ((2 * mean_x * mean_y + c1) * (2 * covariance + c2))
                / ((mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2))
            ).mean()
        )

    expected = np.mean([similarity(FIRST[..., i], SECOND[..., i]) for i in range(3)])
    assert value("ssim", ONE, OTHER) == pytest.approx(expected, abs=1e-6)


def test_luma_is_compared_where_asked_for() -> None:
    grey = [np.asarray(image.convert("L")).astype(float) / 255 for image in (ONE, OTHER)]
    assert value("mae", ONE, OTHER, color="luma") == pytest.approx(np.abs(grey[0] - grey[1]).mean())
    assert validated("mae", color="luma").rubric.name == "mae-luma"


@pytest.mark.parametrize(("metric", "perfect"), [("ssim", 1.0), ("mse", 0.0), ("mae", 0.0)])
def test_the_same_image_is_perfect(metric: str, perfect: float) -> None:
    assert value(metric, ONE, ONE.copy()) == pytest.approx(perfect)


def judged(metric: str, *images: Image.Image, **options: Any) -> Any:
    rubric = load_rubrics(validated(metric, **options)).default
    return judge(rubric, measured(metric, *images, **options), score_by="text")


def test_the_same_image_has_no_psnr_unless_a_cap_is_named() -> None:
    same = measured("psnr", ONE, ONE.copy())
    text = (
        "PSNR infinite: the two images are equal, against the source; set 'cap' to the dB that "
        "this counts as, or use 'metric: mse'"
    )
    assert same == Reply(text, math.inf)
    judgement = judged("psnr", ONE, ONE.copy())
    assert (judgement.outcome, judgement.score) == (ScoreOutcome.UNPARSED, None)
    assert judgement.reason == f"the reward model's value is no finite number ({text})"
    capped = judged("psnr", ONE, ONE.copy(), cap=48.0)
    assert (capped.outcome, capped.score) == (ScoreOutcome.OK, 48.0)
    assert validated("psnr", cap=48.0).rubric.name == "psnr-cap-48"
    assert value("psnr", ONE, OTHER, cap=48.0) == value("psnr", ONE, OTHER)


@pytest.mark.parametrize("metric", PIXELS)
def test_the_worst_that_there_is_is_within_the_range(metric: str) -> None:
    black, white = Image.new("RGB", (16, 16)), Image.new("RGB", (16, 16), "white")
    assert judged(metric, black, white).outcome == ScoreOutcome.OK
    almost = Image.new("RGB", (1000, 1000))
    almost.putpixel((3, 3), (1, 0, 0))
    assert judged(metric, Image.new("RGB", (1000, 1000)), almost).outcome == ScoreOutcome.OK


def test_other_sizes_are_made_equal_and_said_or_refused() -> None:
    larger = OTHER.resize((192, 128), Image.Resampling.LANCZOS)
    reply = measured("mae", ONE, larger)
    assert reply.text.endswith("; the edit was resized from 192 x 128 to 96 x 64")
    back = larger.resize(ONE.size, Image.Resampling.LANCZOS)
    assert reply.value == value("mae", ONE, back)
    with pytest.raises(ValueError, match=r"192 x 128 to 96 x 64.*'resize: edited'"):
        measured("mae", ONE, larger, resize="error")


def test_a_picture_smaller_than_the_window_has_no_ssim() -> None:
    small = Image.new("RGB", (40, 10))
    with pytest.raises(ValueError, match="at least 11 x 11 pixels, but one has 40 x 10"):
        measured("ssim", small, small)


def test_the_first_of_several_sources_is_compared() -> None:
    assert value("mae", ONE, picture(3), OTHER) == value("mae", ONE, OTHER)


def test_a_request_that_fails_leaves_the_others_alone() -> None:
    model = ImageMetrics()
    model.load(plain("ssim"), "cpu")
    small = Image.new("RGB", (4, 4))
    requests = [request(ONE, OTHER), request(small, small), request(ONE, ONE)]
    heard: dict[int, Reply] = {}
    with pytest.raises(ValueError, match="at least 11"):
        model.score(requests, heard.__setitem__)
    assert sorted(heard) == [0, 2]


def test_references_are_found_by_id_and_never_by_path(tmp_path: Path) -> None:
    folder = tmp_path / "references"
    (folder / "cats").mkdir(parents=True)
    ONE.save(folder / "plain.png")
    OTHER.save(folder / "cats" / "b.WEBP", lossless=True)
    ids = {"plain": ONE, "cats/b": OTHER, "cats/b.jpg": OTHER, "../a?": OTHER}
    OTHER.save(folder / f"{safe_name('../a?')}.png")
    ONE.save(tmp_path / "secret.png")
    model = ImageMetrics()
    config = plain("mae", against="reference", references=str(folder))
    ImageMetrics.check(config)
    model.load(config, "cpu")
    for sample, image in ids.items():
        (reply,) = model.score([request(image, sample=sample)], lambda *_: None)
        assert reply.value == 0.0, sample
        assert reply.text == "MAE 0, against the reference"
    for sample in ("../secret", "../secret.png", "other", str(tmp_path / "secret")):
        with pytest.raises(ValueError, match="there is no reference image in"):
            model.score([request(ONE, sample=sample)], lambda *_: None)
    (folder / "plain.png").write_bytes(b"no image")
    with pytest.raises(ImageError):
        model.score([request(ONE, sample="plain")], lambda *_: None)


def test_other_references_make_another_fingerprint(tmp_path: Path) -> None:
    ONE.save(tmp_path / "a.png")
    config = plain("mae", against="reference", references=str(tmp_path))
    before = ImageMetrics.fingerprint(config)
    assert before == ImageMetrics.fingerprint(config)
    OTHER.save(tmp_path / "a.png")
    changed = ImageMetrics.fingerprint(config)
    (tmp_path / "a.png").rename(tmp_path / "b.png")
    assert len({before, changed, ImageMetrics.fingerprint(config)}) == 3
    assert ImageMetrics.fingerprint(plain("mae")) == ""


def test_a_folder_that_cannot_be_used_is_found_early(tmp_path: Path) -> None:
    def check(folder: Path) -> None:
        ImageMetrics.check(plain("mae", against="reference", references=str(folder)))

    with pytest.raises(ValueError, match="there is no folder"):
        check(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="there is no image"):
        check(tmp_path)
    ONE.save(tmp_path / "a.png")
    ONE.save(tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="may both be the reference of 'a'"):
        check(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "fid"}, "psnr"),
        ({"rubrics": {"a": {"prompt": "x"}}}, "leave out 'rubrics'"),
        ({"rubric": {"images": ["edited"]}}, "cannot be changed"),
        ({"rubric": {"parser": "list_min"}}, "cannot be changed"),
        ({"score_by": "logprobs"}, "belongs to judges"),
        ({"judge_images": "edited"}, "needs 'judge_images: both'"),
        ({"against": "reference"}, "belong together"),
        ({"references": "folder"}, "belong together"),
        ({"cap": 40.0}, "'metric: psnr'"),
        ({"metric": "lpips", "color": "luma"}, "'color: rgb' only"),
    ],
)
def test_mistakes_are_found_before_anything_is_edited(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        validated(**({"metric": "mae"} | options))


def test_keys_of_a_rubric_win() -> None:
    rubric = validated("psnr", rubric={"name": "mine", "maximum": 60.0}).rubric
    assert (rubric.name, rubric.minimum, rubric.maximum) == ("mine", 0.0, 60.0)


def test_a_run_shows_that_the_identity_changes_nothing(tmp_path: Path) -> None:
    config = run_config(tmp_path)
    config["edit"] = {"type": "identity"}
    config["reward"] = {"type": "image-metrics", "metric": "mae"}
    result, _, _ = run(config)
    lines = (result.run_dir / "results.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    scored = [row for row in rows if row["stage"] == "score"]
    assert [(row["score"], row["rubric"]) for row in scored] == [(0.0, "mae")] * 6


@pytest.mark.parametrize(
    ("metric", "missing", "extra", "library"),
    [("psnr", "skimage", "metrics", "scikit-image"), ("lpips", "torchmetrics", "lpips", "torch")],
)
def test_a_library_that_is_missing_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, metric: str, missing: str, extra: str, library: str
) -> None:
    for name in (missing, f"{missing}.metrics"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=re.escape(f"'editgauge[{extra}]'")) as raised:
        ImageMetrics.check(plain(metric))
    assert missing in str(raised.value)
    assert f"{sys.executable} -m pip install {library}" in str(raised.value)


def test_it_conforms_to_what_a_reward_model_has_to_be() -> None:
    check_reward_model({"type": "image-metrics", "metric": "ssim"})
