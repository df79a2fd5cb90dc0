"""What the judge is trained through gives what its real class and processor give."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from PIL import Image  # noqa: E402 - after the check of extras

from editgauge.plugins.miniature.training.edits import Picture  # noqa: E402
from editgauge.plugins.miniature.training.judge import (  # noqa: E402
    build_model,
    build_processor,
    label_odds,
    plan_of,
)
from editgauge.plugins.miniature.training.judge_batches import (  # noqa: E402
    LABELS,
    Form,
    Prompts,
    pack,
    prompt_of,
)
from editgauge.plugins.miniature.training.judge_reading import fast_reading, read  # noqa: E402
from editgauge.plugins.miniature.training.judgements import (  # noqa: E402
    draw_question,
    draw_results,
    features_seen,
)
from editgauge.plugins.qwen3_vl.labels import label_tokens  # noqa: E402

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def processor() -> Any:
    return build_processor()


@pytest.fixture(scope="module")
def model(processor: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_model(processor.tokenizer).eval()


def image(picture: Picture) -> Image.Image:
    return Image.fromarray(np.uint8(picture * 255 + 0.5))


@pytest.mark.parametrize("form", ["text", "logprobs"])
def test_packed_questions_give_what_the_real_class_gives_for_each(
    processor: Any, model: Any, form: Form
) -> None:
    random = np.random.default_rng(0)
    prompts = Prompts(processor)
    result, _ = draw_results(random, width=96, height=128)
    questions = [draw_question(random, result, other=other) for other in (False, True, True)]
    pictures = [result.source.picture, result.picture]
    row = [prompts.spoken(question, form) for question in questions]
    batch = pack(prompts, pictures, [(0, 1)], [row], [features_seen(result)])
    with torch.inference_mode(), fast_reading(model):
        hidden, _ = read(model, batch, 2)
        packed = model.lm_head(hidden[0, batch.starts[0]])
    for question, logits in zip(questions, packed, strict=True):
        content: list[dict[str, Any]] = [
            {"type": "image", "image": image(picture)} for picture in pictures
        ]
        content.append({"type": "text", "text": prompt_of(question.instruction, form).prompt})
        inputs = processor.apply_chat_template(
            [[{"role": "user", "content": content}]],
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            processor_kwargs={"return_tensors": "pt"},
        )
        with torch.inference_mode():
            real = model(**inputs).logits[0, -1]
        assert torch.allclose(logits, real, atol=1e-4)


def test_labels_are_single_tokens(processor: Any) -> None:
    assert len(set(label_tokens(processor.tokenizer, list(LABELS)))) == len(LABELS)


def test_expectation_of_the_label_odds_is_the_score() -> None:
    scores = torch.tensor([0.0, 4.5, 9.9])
    odds = label_odds(scores)
    assert torch.allclose(odds.sum(-1), torch.ones(3))
    assert torch.allclose((odds * torch.arange(11)).sum(-1), scores)


def test_training_ends_with_the_prompts_of_a_run() -> None:
    assert plan_of(0, 100).questions == 0
    assert plan_of(99, 100).forms == ("text", "logprobs")
