"""The edit model `qwen-image-edit`: Qwen-Image-Edit pipelines of diffusers."""

import logging
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before diffusers is imported: it reads this once.
os.environ.setdefault("DIFFUSERS_DISABLE_REMOTE_CODE", "1")

import diffusers
import torch
import transformers

from editgauge.core.models import Config, EditModel, EditRequest, OnStep
from editgauge.plugins.model_files import defuse, model_fingerprint, snapshot_commit
from editgauge.plugins.qwen_edit.files import (
    PIPELINES,
    check_lora_files,
    check_pipeline_files,
    lora_fingerprint,
)
from editgauge.plugins.qwen_edit.levers import apply_levers

if TYPE_CHECKING:
    from PIL.Image import Image

_log = logging.getLogger(__name__)


class QwenImageEdit(EditModel):
    """One pipeline on one device or group of devices.

    The noise comes from a generator on the CPU, so the same seed starts from the same noise on
    every kind of device. The same seed, device and number of CPU threads give the same bytes.
    """

    _pipeline: Any
    _config: Config

    @classmethod
    def check(cls, config: Config) -> None:
        """Find the checkpoint and the LoRA files.

        Raises:
            ModelFilesError: see `check_pipeline_files` and `check_lora_files`.
        """
        check_pipeline_files(cls.locate(config), revision=config.revision)
        for lora in config.lora:
            check_lora_files(lora.path, lora.weight_name)

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        """Return what tells the checkpoint and the LoRA files from others."""
        model = cls.locate(config)
        path = check_pipeline_files(model, revision=config.revision)
        loras = [lora_fingerprint(lora.path, lora.weight_name) for lora in config.lora]
        return "; ".join([model_fingerprint(model, path), *loras])

    @classmethod
    def locate(cls, config: Config) -> str:
        """Return the folder or hub id of the checkpoint."""
        model: str = config.model
        return model

    def load(self, config: Config, device: str) -> None:
        """Load the pipeline, then LoRA files, then place it, then call the methods of `apply`.

        Raises:
            ModelFilesError: the files are missing or of another kind.
            LeverError: an entry of `apply` failed.
            ValueError: offloading without a single GPU; no `guidance_scale` where it is needed; a
                single step that the scheduler cannot make.
        """
        self.check(config)
        if config.offload != "none" and device != "cuda:0":
            raise ValueError(
                f"'offload: {config.offload}' moves parts between the CPU and one GPU; "
                f"it cannot be used on {'a group of GPUs' if device == 'cuda' else device}"
            )
        diffusers.utils.logging.disable_progress_bar()
        transformers.utils.logging.disable_progress_bar()
        self._config = config
        self._pipeline = self._load_pipeline(config, device)
        self._load_loras(config)
        self._place(config, device)
        self._check_guidance_scale()
        self._pipeline.set_progress_bar_config(disable=True)
        apply_levers(self._pipeline, config.apply)
        self._check_steps()
        self._special_tokens = tuple(self._pipeline.tokenizer.get_added_vocab())

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Return the edited image.

        Raises:
            ValueError: several source images for a checkpoint that takes one.
            FloatingPointError: the model's numbers are not finite.
        """
        images: Any = list(request.images)
        if not self._takes_several:
            if len(images) != 1:
                raise ValueError(
                    f"{type(self._pipeline).__name__} edits one source image, {len(images)} were "
                    "given; Qwen-Image-Edit-2509 and -2511 take several"
                )
            images = images[0]
        try:
            output = self._pipeline(
                image=images,
                prompt=defuse(request.instruction, self._special_tokens),
                generator=torch.Generator(device="cpu").manual_seed(request.seed),
                callback_on_step_end=self._callback(on_step),
                output_type="pt",
                **self._arguments(),
            )
            return self._to_image(output.images)
        except BaseException:
            # What a call leaves behind on an error (offloaded parts on the GPU, a cache's state)
            # must not reach the next edit.
            self._pipeline.maybe_free_model_hooks()
            raise

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded and whether guidance is on."""
        config, pipeline = self._config, self._pipeline
        facts: dict[str, str | int | float | bool] = {
            "pipeline": type(pipeline).__name__,
            "transformer": type(pipeline.transformer).__name__,
            "scheduler": type(pipeline.scheduler).__name__,
            "dtype": str(pipeline.transformer.dtype).removeprefix("torch."),
            "steps": config.steps,
            "guidance": self._guidance,
            "offload": config.offload,
            "loras": len(config.lora),
            "applied": ", ".join(entry.method for entry in config.apply),
        }
        if self._guidance:
            facts["true_cfg_scale"] = config.true_cfg_scale
        if self._commit is not None:
            facts["commit"] = self._commit
        return facts

    def _load_pipeline(self, config: Config, device: str) -> Any:
        model = self.locate(config)
        index = check_pipeline_files(model, revision=config.revision)
        self._commit = snapshot_commit(index)
        pipeline = diffusers.DiffusionPipeline.from_pretrained(
            model,
            revision=config.revision,
            dtype=_dtype(config.dtype, device),
            use_safetensors=True,
            trust_remote_code=False,
            **({"device_map": "balanced"} if device == "cuda" else {}),
        )
        self._takes_several = type(pipeline).__name__ == PIPELINES[1]
        return pipeline

    def _load_loras(self, config: Config) -> None:
        names = []
        for number, lora in enumerate(config.lora):
            place = Path(lora.path).expanduser()
            folder, weight_name = lora.path, lora.weight_name
            if place.is_file():
                folder, weight_name = str(place.parent), place.name
            elif place.is_dir():
                folder = str(place)
            names.append(f"lora_{number}")
            with warnings.catch_warnings():
                # A second adapter is what was asked for.
                warnings.filterwarnings("ignore", message="Already found a `peft_config`")
                self._pipeline.load_lora_weights(
                    folder,
                    weight_name=weight_name,
                    revision=lora.revision,
                    adapter_name=names[-1],
                    use_safetensors=True,
                )
        if names:
            self._pipeline.set_adapters(names, [lora.scale for lora in config.lora])

    def _place(self, config: Config, device: str) -> None:
        if config.offload == "model":
            self._pipeline.enable_model_cpu_offload(device=device)
        elif config.offload == "sequential":
            self._pipeline.enable_sequential_cpu_offload(device=device)
        elif device != "cuda":
            self._pipeline.to(device)

    @property
    def _guidance(self) -> bool:
        return self._config.true_cfg_scale > 1 and self._config.negative_prompt is not None

    @property
    def _distilled(self) -> bool:
        return bool(self._pipeline.transformer.config.guidance_embeds)

    def _check_guidance_scale(self) -> None:
        if self._distilled and self._config.guidance_scale is None:
            raise ValueError("this checkpoint is guidance-distilled: set 'guidance_scale'")
        if not self._distilled and self._config.guidance_scale is not None:
            _log.warning(
                "guidance_scale is ignored: this checkpoint is not guidance-distilled; "
                "true_cfg_scale sets its guidance"
            )

    def _check_steps(self) -> None:
        # The scheduler stretches its times between the first and this one: with one step, 0 / 0.
        if self._config.steps == 1 and self._pipeline.scheduler.config.get("shift_terminal"):
            raise ValueError(
                "the checkpoint's scheduler cannot make a single step; take 2, or add to 'apply': "
                "{method: scheduler.register_to_config, arguments: {shift_terminal: null}}"
            )

    def _arguments(self) -> dict[str, Any]:
        """Return what is the same for every edit; pipelines warn of arguments they ignore."""
        config = self._config
        arguments: dict[str, Any] = {
            "num_inference_steps": config.steps,
            "true_cfg_scale": config.true_cfg_scale if self._guidance else 1.0,
            "negative_prompt": config.negative_prompt if self._guidance else None,
        }
        if self._distilled:
            arguments["guidance_scale"] = config.guidance_scale
        if config.height is not None:
            arguments |= {"height": config.height, "width": config.width}
        return arguments

    def _callback(self, on_step: OnStep) -> Any:
        announce = on_step if self._config.step_events else None

        def on_step_end(
            pipeline: Any, step: int, _timestep: Any, tensors: dict[str, Any]
        ) -> dict[str, Any]:
            of = pipeline.num_timesteps
            # Once, at the end: the answer makes the CPU wait for the GPU.
            if step == of - 1 and not bool(torch.isfinite(tensors["latents"]).all()):
                raise FloatingPointError(_NOT_FINITE)
            if announce is not None:
                announce(step + 1, of)
            return {}

        return on_step_end

    def _to_image(self, pixels: Any) -> "Image":
        """Return the only image of a batch with values from 0 to 1."""
        if not bool(torch.isfinite(pixels).all()):
            raise FloatingPointError(_NOT_FINITE)
        processor = self._pipeline.image_processor
        image: Image = processor.numpy_to_pil(processor.pt_to_numpy(pixels))[0]
        return image


_NOT_FINITE = (
    "the model's numbers are not finite, which would give a black image; "
    "try bfloat16 or float32, and fewer methods in 'apply'"
)


def _dtype(name: str, device: str) -> Any:
    if name == "auto":
        name = "float32" if device == "cpu" else "bfloat16"
    return getattr(torch, name)
