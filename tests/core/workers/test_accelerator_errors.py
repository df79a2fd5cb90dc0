"""Errors of a GPU, raised on the CPU with torch's own classes, in a worker's requests."""

import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from editgauge import Config, EditModel, EditRequest, OnReply, OnStep, Reply, RewardModel
from editgauge.core.workers.accelerator_errors import (
    describe_error,
    is_device_lost,
    is_out_of_memory,
    release_memory,
)
from editgauge.core.workers.child import Child
from editgauge.core.workers.protocol import Frame, FrameDecoder

HERE = __name__

TORCH_SAYS = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.10 GiB of "
    "which 1.25 GiB is free. Process 7 has 70 GiB memory in use. If reserved but unallocated "
    "memory is large try setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid it."
)
DEBUGGING = (
    "\nCUDA kernel errors might be asynchronously reported at some other API call, so the "
    "stacktrace below might be incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1"
)


class OwnOutOfMemoryError(torch.OutOfMemoryError):  # type: ignore[misc]
    """A library's own kind of torch's."""


OUT_OF_MEMORY = [
    torch.OutOfMemoryError(TORCH_SAYS),
    torch.cuda.OutOfMemoryError("anything"),
    OwnOutOfMemoryError("of a library"),
    torch.AcceleratorError("CUDA error: out of memory" + DEBUGGING),
    RuntimeError("CUDA error: out of memory" + DEBUGGING),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("cuFFT error: CUFFT_ALLOC_FAILED"),
    RuntimeError("HIP out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("HIP error: out of memory"),
    RuntimeError("HIP error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`"),
    RuntimeError("MPS backend out of memory (MPS allocated: 17.94 GiB, other allocations: 1 GiB)"),
    RuntimeError("XPU out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("Triton Error [CUDA]: out of memory"),
]

DEVICE_LOST = [
    torch.AcceleratorError("CUDA error: device-side assert triggered" + DEBUGGING),
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
    torch.AcceleratorError("something new"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("CUDA error: uncorrectable ECC error encountered"),
    RuntimeError("CUDA error: uncorrectable NVLink error detected during the execution"),
    RuntimeError("CUDA error: operation not supported on global/shared address space"),
    RuntimeError("CUDA error: misaligned address"),
    RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(...)`"),
    RuntimeError("CUDA driver error: unknown error"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError("HIP error: an illegal memory access was encountered"),
    RuntimeError("HIP error: unspecified launch failure"),
    RuntimeError("Triton Error [CUDA]: an illegal memory access was encountered"),
]

NEITHER = [
    RuntimeError("the size of tensor a (3) must match the size of tensor b (4)"),
    RuntimeError('cannot edit "CUDA error: out of memory"'),
    RuntimeError('the judge said: "CUDA out of memory"'),
    ValueError("CUDA error: an illegal memory access was encountered"),
    MemoryError("CUDA out of memory"),
    torch.AcceleratorError("CUDA error: invalid configuration argument"),
    torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device"),
    RuntimeError("CUDA error: too many resources requested for launch"),
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_SUPPORTED when calling `cublasLtMatmul(...)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED_SHAPE"),
    type("OutOfMemoryError", (Exception,), {"__module__": "database.pages"})("disk pages"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_want_of_memory_is_no_lost_device(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert not is_device_lost(error)


@pytest.mark.parametrize("error", DEVICE_LOST, ids=str)
def test_a_device_that_answers_no_more_is_lost(error: Exception) -> None:
    assert is_device_lost(error)
    assert not is_out_of_memory(error)


@pytest.mark.parametrize("error", NEITHER, ids=str)
def test_other_errors_are_neither(error: Exception) -> None:
    assert not is_out_of_memory(error)
    assert not is_device_lost(error)


def _chained(
    error: Exception, *, cause: Exception | None = None, context: Exception | None = None
) -> Exception:
    error.__context__ = context
    if cause is not None:
        error.__cause__ = cause
    return error


def test_an_error_is_known_by_what_it_came_from() -> None:
    lost = torch.AcceleratorError("CUDA error: misaligned address")
    memory = torch.OutOfMemoryError("CUDA out of memory.")
    assert is_device_lost(_chained(ValueError("no edit"), cause=lost))
    assert is_device_lost(_chained(ValueError("clean-up failed"), context=lost))
    assert is_out_of_memory(_chained(ValueError("no edit"), cause=memory))
    quiet = _chained(ValueError("no edit"), context=memory)
    quiet.__suppress_context__ = True
    assert not is_out_of_memory(quiet)
    assert is_device_lost(BaseExceptionGroup("two engines", [ValueError("fine"), lost]))
    assert is_device_lost(_chained(lost, context=memory))


def test_a_chain_without_end_is_not_followed_for_ever() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert not is_device_lost(first)
    assert not is_out_of_memory(first)


class SpeechlessError(RuntimeError):
    def __str__(self) -> str:
        raise ValueError("no words")


def test_an_error_without_words_is_neither() -> None:
    assert not is_device_lost(SpeechlessError())
    assert not is_out_of_memory(SpeechlessError())


def test_an_error_is_told_in_one_line_without_hints_for_debugging() -> None:
    lost = torch.AcceleratorError("CUDA error: misaligned address" + DEBUGGING)
    assert describe_error(lost) == "AcceleratorError: CUDA error: misaligned address"
    assert describe_error(torch.OutOfMemoryError(TORCH_SAYS)).endswith("70 GiB memory in use.")
    assert describe_error(_chained(ValueError("no edit"), cause=lost)) == (
        "ValueError: no edit; from AcceleratorError: CUDA error: misaligned address"
    )


def test_memory_is_released_of_what_torch_has(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []

    def broken() -> None:
        called.append("cuda")
        raise RuntimeError("no driver")

    fake = SimpleNamespace(
        cuda=SimpleNamespace(empty_cache=broken),
        mps=SimpleNamespace(empty_cache=lambda: called.append("mps")),
    )
    monkeypatch.setitem(sys.modules, "torch", fake)
    release_memory()
    assert called == ["cuda", "mps"]
    monkeypatch.delitem(sys.modules, "torch")
    release_memory()


class Editor(EditModel):
    error: Exception

    def load(self, config: Config, device: str) -> None:
        del config
        if device == "full":
            raise torch.OutOfMemoryError(TORCH_SAYS)

    def edit(self, request: EditRequest, on_step: OnStep) -> Any:
        del request, on_step
        raise type(self).error


class Judge(RewardModel):
    error: Exception

    def load(self, config: Config, device: str) -> None: ...

    def score(self, requests: Any, on_reply: OnReply) -> list[Reply]:
        del requests, on_reply
        raise type(self).error


class Asked:
    """A worker's side in this process."""

    def __init__(self) -> None:
        self._reader, writer = os.pipe()
        self.child = Child(self._reader, writer)

    def ask(self, kind: str, **frame: Any) -> Frame:
        getattr(self.child, f"_{kind}")({"kind": kind, "request": 1, **frame})
        (answer,) = FrameDecoder().feed(os.read(self._reader, 65536))
        self.child._tidy()
        return answer

    def load(self, model: str, stage: str, device: str = "cpu") -> Frame:
        frame: Frame = {"stage": stage, "config": {}, "device": device, "threads": None}
        return self.ask("load", target=f"{HERE}:{model}", **frame)

    def edit(self) -> Frame:
        fields = {"id": "s", "index": 0, "images": [], "instruction": "x", "seed": 1, "sync": False}
        return self.ask("edit", output="x.png", **fields)


@pytest.fixture
def worker() -> Asked:
    return Asked()


def test_an_edit_without_memory_fails_with_advice_and_frees_what_is_cached(
    worker: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.load("Editor", "edit")
    Editor.error = torch.OutOfMemoryError(TORCH_SAYS)
    released: list[str] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: released.append("cuda"))
    answer = worker.edit()
    assert answer["kind"] == "failed"
    assert answer["error"].startswith("OutOfMemoryError: CUDA out of memory. Tried to allocate 20")
    for words in ("'height'", "'offload'", "'dtype'", "one worker per device"):
        assert words in answer["error"]
    assert "\n" not in answer["error"]
    assert "expandable_segments" in answer["traceback"]
    assert released == ["cuda"]
    Editor.error = ValueError()
    assert worker.edit()["error"] == "ValueError: "
    assert released == ["cuda"]


def test_a_judgement_without_memory_is_told_what_to_make_smaller(worker: Asked) -> None:
    worker.load("Judge", "score")
    Judge.error = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`")
    answer = worker.ask("score", requests=[])
    assert answer["kind"] == "failed"
    assert "'batch_size'" in answer["error"]


def test_a_model_that_a_device_does_not_hold_says_what_to_do(worker: Asked) -> None:
    answer = worker.load("Editor", "edit", device="full")
    assert answer["kind"] == "load_failed"
    assert "the device's memory does not hold the model. Try a smaller" in answer["error"]


@pytest.mark.parametrize(("model", "stage"), [("Editor", "edit"), ("Judge", "score")])
def test_a_worker_whose_device_is_lost_says_so_and_ends(
    worker: Asked,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    model: str,
    stage: str,
) -> None:
    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)
    worker.load(model, stage)
    Editor.error = Judge.error = torch.AcceleratorError(
        "CUDA error: misaligned address" + DEBUGGING
    )
    with pytest.raises(SystemExit) as end:
        worker.edit() if stage == "edit" else worker.ask("score", requests=[])
    assert end.value.code == 1
    (frame,) = FrameDecoder().feed(os.read(worker._reader, 65536))
    assert frame["kind"] == "device_lost"
    assert frame["error"] == "AcceleratorError: CUDA error: misaligned address"
    assert "LAUNCH_BLOCKING" in frame["traceback"]
    (line,) = capfd.readouterr().err.splitlines()
    assert line == f"editgauge worker: its device is lost: {frame['error']}"
