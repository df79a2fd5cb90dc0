"""The reward model `qwen3-vl`: Qwen3-VL checkpoints of transformers as judges."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

try:
    import torch
    import transformers
    from transformers import (
        AutoModelForImageTextToText,
        AutoProcessor,
        GenerationConfig,
        LogitsProcessorList,
        StoppingCriteriaList,
    )
except ModuleNotFoundError as error:
    raise ImportError(
        f"{error}; the judge `qwen3-vl` needs the extra 'qwen': pip install 'editgauge[qwen]', or, "
        f"in a Python of the worker's own, {sys.executable} -m pip install accelerate torch "
        "torchvision transformers"
    ) from error

from editgauge.core.models import Config, OnReply, Reply, RewardModel, ScoreRequest
from editgauge.plugins.model_files import defuse, model_fingerprint, snapshot_commit
from editgauge.plugins.qwen3_vl.files import check_judge_files
from editgauge.plugins.qwen3_vl.generation import EndOfRowWatcher, FirstTokenLogits
from editgauge.plugins.qwen3_vl.labels import expected_value, label_tokens


class Qwen3VLJudge(RewardModel):
    """One judge on one device or group of devices. Replies are greedy, so they do not vary."""

    _model: Any
    _processor: Any
    _config: Config

    @classmethod
    def locate(cls, config: Config) -> str:
        """Return where the checkpoint is: a folder, or an id on the hub."""
        model: str = config.model
        return model

    @classmethod
    def check(cls, config: Config) -> None:
        """Find the checkpoint.

        Raises:
            ModelFilesError: see `check_judge_files`.
        """
        check_judge_files(cls.locate(config), revision=config.revision)

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        """Return what tells the checkpoint from others; see `model_fingerprint`."""
        model = cls.locate(config)
        return model_fingerprint(model, check_judge_files(model, revision=config.revision))

    def load(self, config: Config, device: str) -> None:
        """Load model and processor.

        Raises:
            ModelFilesError: the files are missing or of another kind.
        """
        model = self.locate(config)
        path = check_judge_files(model, revision=config.revision)
        transformers.utils.logging.disable_progress_bar()
        self._config = config
        self._commit = snapshot_commit(path)
        source: dict[str, Any] = {"revision": config.revision} if config.revision else {}
        self._processor = AutoProcessor.from_pretrained(model, trust_remote_code=False, **source)
        self._special_tokens = tuple(self._processor.tokenizer.get_added_vocab())
        self._model = AutoModelForImageTextToText.from_pretrained(
            model,
            dtype=_dtype(config.dtype, device),
            attn_implementation=config.attn_implementation,
            use_safetensors=True,
            trust_remote_code=False,
            **source,
            **_placement(device),
        ).eval()
        own = self._model.generation_config
        end_tokens = own.eos_token_id
        self._end_tokens = [end_tokens] if isinstance(end_tokens, int) else list(end_tokens or ())
        # A checkpoint's own settings draw at random; a judge must not.
        self._model.generation_config = GenerationConfig(
            do_sample=False,
            max_new_tokens=config.max_new_tokens,
            eos_token_id=self._end_tokens,
            pad_token_id=self._processor.tokenizer.pad_token_id
            if own.pad_token_id is None
            else own.pad_token_id,
        )

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Return one reply per request.

        Raises:
            ValueError: an answer label is not one token.
            FloatingPointError: the judge's numbers are not finite.
        """
        replies: dict[int, Reply] = {}

        def deliver(position: int, reply: Reply) -> None:
            replies[position] = reply
            on_reply(position, reply)

        with torch.inference_mode():
            self._judge(requests, deliver)
        return [replies[position] for position in range(len(requests))]

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded."""
        facts: dict[str, str | int | float | bool] = {
            "model": type(self._model).__name__,
            "processor": type(self._processor).__name__,
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "attention": str(self._model.config._attn_implementation),  # noqa: SLF001 - no other name
            "sampling": False,
            "max_new_tokens": self._config.max_new_tokens,
            "max_pixels": self._config.max_pixels,
        }
        if self._commit is not None:
            facts["commit"] = self._commit
        return facts

    def _judge(
        self,
        requests: Sequence[ScoreRequest],
        deliver: Callable[[int, Reply], None],
    ) -> None:
        # Requests with and without labels need different work, which a rubric per category mixes.
        labelled = [position for position, request in enumerate(requests) if request.labels]
        plain = [position for position, request in enumerate(requests) if not request.labels]
        if labelled:
            self._judge_by_labels([requests[i] for i in labelled], _renumbered(labelled, deliver))
        if plain:
            reply = _renumbered(plain, deliver)
            self._generate(
                self._inputs([requests[i] for i in plain]),
                lambda row, text, _logits, truncated: reply(row, Reply(text, truncated=truncated)),
            )

    def _judge_by_labels(
        self, requests: Sequence[ScoreRequest], deliver: Callable[[int, Reply], None]
    ) -> None:
        tokens = [label_tokens(self._processor.tokenizer, request.labels) for request in requests]
        inputs = self._inputs(requests)

        def finish(row: int, text: str | None, logits: Any, truncated: bool = False) -> None:
            request = requests[row]
            value, likeliest = expected_value(logits[row], tokens[row], request.values)
            shown = request.labels[likeliest] if text is None else text
            deliver(row, Reply(shown, value, truncated=truncated))

        if self._config.also_reply:
            self._generate(inputs, finish)
            return
        logits = self._model(**inputs, logits_to_keep=1).logits[:, -1]
        for row in range(len(requests)):
            finish(row, None, logits)

    def _generate(self, inputs: Any, finish: Callable[[int, str, Any, bool], None]) -> None:
        """Generate a reply per row.

        As each row ends, `finish(row, text, first logits, truncated)` is called.
        """
        length = inputs["input_ids"].shape[1]
        first = FirstTokenLogits()
        done: set[int] = set()

        def end(row: int, tokens: list[int], truncated: bool = False) -> None:
            done.add(row)
            finish(row, self._decode(tokens), first.logits, truncated)

        watcher = EndOfRowWatcher(prompt_length=length, end_tokens=self._end_tokens, on_end=end)
        output = self._model.generate(
            **inputs,
            logits_processor=LogitsProcessorList([first]),
            stopping_criteria=StoppingCriteriaList([watcher]),
        )
        for row in range(output.shape[0]):
            # What is left was cut off at the longest reply.
            if row not in done:
                end(row, output[row, length:].tolist(), truncated=True)

    def _decode(self, tokens: list[int]) -> str:
        text: str = self._processor.tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _inputs(self, requests: Sequence[ScoreRequest]) -> Any:
        limit = self._config.max_pixels
        smallest = self._processor.image_processor.size["shortest_edge"]
        inputs = self._processor.apply_chat_template(
            [self._messages(request) for request in requests],
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            processor_kwargs={
                "padding": True,
                # The next token follows the last one of the row, so the padding comes first.
                "padding_side": "left",
                "return_tensors": "pt",
                # Not lengths but areas, whatever the names say.
                "size": {"longest_edge": limit, "shortest_edge": min(smallest, limit)},
            },
        )
        return inputs.to(self._model.device)

    def _messages(self, request: ScoreRequest) -> list[dict[str, Any]]:
        content: list[dict[str, Any]] = [
            {"type": "image", "image": image} for image in request.images
        ]
        content.append({"type": "text", "text": defuse(request.prompt, self._special_tokens)})
        messages = [{"role": "user", "content": content}]
        if request.system:
            system = defuse(request.system, self._special_tokens)
            messages.insert(0, {"role": "system", "content": [{"type": "text", "text": system}]})
        return messages


def _renumbered(
    positions: Sequence[int], deliver: Callable[[int, Reply], None]
) -> Callable[[int, Reply], None]:
    return lambda row, reply: deliver(positions[row], reply)


def _placement(device: str) -> dict[str, str]:
    """Return how transformers places the weights; straight onto a GPU needs no CPU copy."""
    if device == "cpu":
        return {}
    return {"device_map": "auto" if device == "cuda" else device}


def _dtype(name: str, device: str) -> Any:
    if name == "auto":
        name = "float32" if device == "cpu" else "bfloat16"
    return getattr(torch, name)
