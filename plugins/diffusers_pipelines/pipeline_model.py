"""The base of the edit models that run a diffusers pipeline."""

import warnings
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editgauge import Config, EditModel, EditRequest, OnStep
from editgauge.model_files import defuse, model_fingerprint, snapshot_commit
from editgauge.plugins.diffusers_pipelines.files import check_lora_files, lora_fingerprint
from editgauge.plugins.diffusers_pipelines.levers import apply_levers
from editgauge.plugins.diffusers_pipelines.safe_diffusers import diffusers, torch, transformers

if TYPE_CHECKING:
    from PIL.Image import Image


class PipelineEditModel(EditModel):
    """One pipeline on one device or group of devices.

    The noise comes from a generator on the CPU, so the same seed starts from the same noise on
    every kind of device. The same seed, device and number of CPU threads give the same bytes.

    The configuration has the keys of `PipelineOptions`, and `model` unless `locate` needs none.
    """

    _pipeline: Any
    _config: Config

    @classmethod
    @abstractmethod
    def check_checkpoint(cls, config: Config) -> Path:
        """Return the place of the checkpoint's `model_index.json`, after a look at its files.

        Raises:
            ModelFilesError: they are missing or of another kind.
        """

    @abstractmethod
    def _call_arguments(self, request: EditRequest, on_step: OnStep) -> dict[str, Any]:
        """Return what the pipeline is called with."""

    @classmethod
    def locate(cls, config: Config) -> str:
        """Return the folder or hub id of the checkpoint."""
        model: str = config.model
        return model

    @classmethod
    def check(cls, config: Config) -> None:
        """Find the checkpoint and the LoRA files.

        Raises:
            ModelFilesError: see `check_checkpoint` and `check_lora_files`.
        """
        cls.check_checkpoint(config)
        for lora in config.lora:
            check_lora_files(lora.path, lora.weight_name)

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        """Return what tells the checkpoint and the LoRA files from others."""
        path = cls.check_checkpoint(config)
        loras = [lora_fingerprint(lora.path, lora.weight_name) for lora in config.lora]
        return "; ".join([model_fingerprint(cls.locate(config), path), *loras])

    def load(self, config: Config, device: str) -> None:
        """Load the pipeline, then LoRA files, then place it, then call the methods of `apply`.

        Raises:
            ModelFilesError: the files are missing or of another kind.
            LeverError: an entry of `apply` failed.
            ValueError: offloading without a single GPU, or settings that do not go with the
                checkpoint.
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
        self._pipeline.set_progress_bar_config(disable=True)
        apply_levers(self._pipeline, config.apply)
        self._check_settings()
        self._special_tokens = tuple(
            token
            for part in self._pipeline.components.values()
            if hasattr(part, "get_added_vocab")
            for token in part.get_added_vocab()
        )

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Return the edited image.

        Raises:
            ValueError: the pipeline takes another number of source images.
            FloatingPointError: the model's numbers are not finite.
        """
        arguments = self._call_arguments(request, on_step)
        try:
            return self._to_image(self._pipeline(**arguments))
        except BaseException:
            # What a call leaves behind on an error (offloaded parts on the GPU, a cache's state)
            # must not reach the next edit.
            self._pipeline.maybe_free_model_hooks()
            raise

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded, and how."""
        config, pipeline = self._config, self._pipeline
        parts = pipeline.components
        networks = {name: parts[name] for name in ("transformer", "unet") if parts.get(name)}
        dtype = next((network.dtype for network in networks.values()), pipeline.dtype)
        facts: dict[str, str | int | float | bool] = {
            "pipeline": type(pipeline).__name__,
            **{name: type(network).__name__ for name, network in networks.items()},
            "scheduler": type(parts.get("scheduler")).__name__,
            "dtype": str(dtype).removeprefix("torch."),
            "offload": config.offload,
            "loras": len(config.lora),
            "applied": ", ".join(entry.method for entry in config.apply),
        }
        if config.steps is not None:
            facts["steps"] = config.steps
        if self._commit is not None:
            facts["commit"] = self._commit
        return facts

    @classmethod
    def _pipeline_class(cls, config: Config) -> Any:
        """Return the class that loads the checkpoint; the base one takes what its index names."""
        del config
        return diffusers.DiffusionPipeline

    def _check_settings(self) -> None:
        """Check what can be known only once the pipeline is loaded, or raise ValueError."""
        # The scheduler stretches its times between the first and this one: with one step, 0 / 0.
        scheduler = self._pipeline.components.get("scheduler")
        if self._config.steps == 1 and scheduler and scheduler.config.get("shift_terminal"):
            raise ValueError(
                "the checkpoint's scheduler cannot make a single step; take 2, or add to 'apply': "
                "{method: scheduler.register_to_config, arguments: {shift_terminal: null}}"
            )

    def _load_pipeline(self, config: Config, device: str) -> Any:
        self._commit = snapshot_commit(self.check_checkpoint(config))
        return self._pipeline_class(config).from_pretrained(
            self.locate(config),
            revision=config.revision,
            dtype=_dtype(config.dtype, device),
            use_safetensors=True,
            trust_remote_code=False,
            **({"device_map": "balanced"} if device == "cuda" else {}),
        )

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

    def _only_source(self, request: EditRequest, advice: str) -> "Image":
        """Return the source image of a pipeline that takes one.

        Raises:
            ValueError: there are several.
        """
        if len(request.images) != 1:
            raise ValueError(
                f"{type(self._pipeline).__name__} edits one source image, {len(request.images)} "
                f"were given; {advice}"
            )
        return request.images[0]

    def _instruction(self, request: EditRequest) -> str:
        """Return the instruction without the control tokens of any tokenizer of the pipeline."""
        return defuse(request.instruction, self._special_tokens)

    def _generator(self, request: EditRequest) -> Any:
        return torch.Generator(device="cpu").manual_seed(request.seed)

    def _callback(self, on_step: OnStep) -> Any:
        """Return a `callback_on_step_end` that announces steps and finds broken numbers."""
        announce = on_step if self._config.step_events else None

        def on_step_end(
            pipeline: Any, step: int, _timestep: Any, tensors: dict[str, Any]
        ) -> dict[str, Any]:
            of = getattr(pipeline, "num_timesteps", None) or len(pipeline.scheduler.timesteps)
            # Once, at the end: the answer makes the CPU wait for the GPU.
            if step == of - 1:
                check_finite(tensors["latents"])
            if announce is not None:
                announce(step + 1, of)
            return {}

        return on_step_end

    def _to_image(self, output: Any) -> "Image":
        """Return the only image of a batch of values from 0 to 1, as `output_type="pt"` gives it.

        Raises:
            FloatingPointError: they are not finite.
        """
        pixels = output.images
        check_finite(pixels)
        processor = self._pipeline.image_processor
        image: Image = processor.numpy_to_pil(processor.pt_to_numpy(pixels))[0]
        return image


def check_finite(numbers: Any) -> None:
    """Check that a tensor holds neither NaN nor infinity.

    Raises:
        FloatingPointError: it does.
    """
    if not bool(torch.isfinite(numbers).all()):
        raise FloatingPointError(
            "the model's numbers are not finite, which would give a black image; "
            "try bfloat16 or float32, and fewer methods in 'apply'"
        )


def _dtype(name: str, device: str) -> Any:
    if name == "auto":
        name = "float32" if device == "cpu" else "bfloat16"
    return getattr(torch, name)
