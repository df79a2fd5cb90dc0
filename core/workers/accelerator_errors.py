"""Tells errors of a GPU apart: memory that did not suffice, and a device that is lost.

After the first, the same process can go on with something smaller. After the second, CUDA answers
every later call with the same error until the process ends ("to continue using CUDA, the process
must be terminated and relaunched", CUDA Runtime API, `cudaError_t`), so a worker that went on would
fail every sample that is left.

Classes are recognised by name and module, messages by how torch, Triton and the vendors' libraries
begin them. Standard library only, Python 3.10, and nothing is imported for it: this module is
part of every worker.
"""

import contextlib
import gc
import re
import sys
from collections.abc import Iterator

_MEMORY = re.compile(
    r"(CUDA|HIP|XPU|MPS backend) out of memory"
    r"|(CUDA|HIP|XPU)( driver)? error.*out of memory"
    r"|Triton Error \[\w+\]: out of memory"
    r"|.{0,80}\b(CUBLAS|CUDNN|CUSPARSE|CUSOLVER|HIPBLAS|HIPSPARSE|HIPSOLVER|MIOPEN)"
    r"_STATUS_ALLOC_FAILED"
    r"|.{0,80}\b(CUFFT_ALLOC_FAILED|rocblas_status_memory_error|miopenStatusAllocFailed)",
    re.IGNORECASE,
)
"""How messages of failed allocations begin; torch has a class of its own for most, not for all."""

_DEVICE = re.compile(
    r"(CUDA|HIP|XPU)( driver)? error\b"
    r"|(CUDA|HIP) kernel (launch )?(error|failed)"
    r"|Triton Error \[(CUDA|HIP|XPU)\]"
    r"|(cuDNN|cuBLAS|cuFFT|cuSPARSE|cuSOLVER|MIOpen) error\b",
    re.IGNORECASE,
)
"""How messages of a device or of its libraries begin."""

_HARMLESS = re.compile(
    r"invalid (argument|configuration argument|device ordinal|device function|resource handle)"
    r"|invalid value|no kernel image is available|too many (resources requested|blocks)"
    r"|operation not permitted|operation not supported(?! on global/shared address space)"
    r"|not supported in the installed CUDA driver"
    r"|_(INVALID_VALUE|INVALID_SIZE|INVALID_TYPE|BAD_PARAM|PARSE_ERROR|ARCH_MISMATCH)"
    r"|_(NOT_SUPPORTED\w*|UNSUPPORTED_HARDWARE|LICENSE_ERROR)",
    re.IGNORECASE,
)
"""What a device or a library refuses, and works on after: something impossible was asked for."""

_LONGEST_CHAIN = 20
_CACHING = ("cuda", "xpu", "mps")

ADVICE_LOADING = (
    "the device's memory does not hold the model. Try a smaller or quantised checkpoint, a smaller "
    "'dtype', 'offload' where the model has it, a group of devices, and one worker per device"
)
ADVICE_EDITING = (
    "the device's memory does not suffice for this edit. Try a smaller picture (such as 'height' "
    "and 'width'), 'offload', tiling, a smaller 'dtype' or quantised checkpoint, a group of "
    "devices, and one worker per device"
)
ADVICE_SCORING = (
    "the device's memory does not suffice for this judgement. Try a smaller 'batch_size', smaller "
    "images (such as 'max_pixels'), a smaller 'dtype' or quantised checkpoint, a group of devices, "
    "and one worker per device"
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error, or one that it came from, is a failed allocation on a device."""
    return any(_is_allocation(one) for one in _chain(error))


def is_device_lost(error: BaseException) -> bool:
    """Return whether an error, or one that it came from, leaves a device that answers no more.

    Illegal memory accesses, failed assertions on the device, failed launches, uncorrectable ECC
    errors and whatever else a device reports, apart from want of memory and from what it refuses
    without harm.
    """
    return any(_is_loss(one) for one in _chain(error))


def describe_error(error: BaseException) -> str:
    """Return an error of a device in a line, without torch's hints for debugging.

    If it is a plugin's own error that came from one, that follows its message.
    """
    lines = [_line(error)]
    for one in _chain(error):
        if one is not error and (_is_allocation(one) or _is_loss(one)):
            lines.append(_line(one))
            break
    return "; from ".join(lines)


def release_memory() -> None:
    """Give back what a failed request left in caches; for after its exception is gone."""
    gc.collect()
    torch = sys.modules.get("torch")
    for name in _CACHING:
        # Where a backend is missing or not in use, there is nothing to give back.
        with contextlib.suppress(Exception):
            getattr(torch, name).empty_cache()


def _is_allocation(error: BaseException) -> bool:
    # Subclasses of torch's own, too: the name is looked for in all bases.
    return _is_of_torch(error, "OutOfMemoryError") or (
        isinstance(error, RuntimeError) and _MEMORY.match(_first_line(error)) is not None
    )


def _is_loss(error: BaseException) -> bool:
    if _is_allocation(error):
        return False
    message = _first_line(error)
    if not (
        _is_of_torch(error, "AcceleratorError")
        or (isinstance(error, RuntimeError) and _DEVICE.match(message))
    ):
        return False
    return _HARMLESS.search(message) is None


def _is_of_torch(error: BaseException, name: str) -> bool:
    return any(
        base.__name__ == name and base.__module__.partition(".")[0] == "torch"
        for base in type(error).__mro__
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it was raised from or while handling, and the members of groups."""
    waiting, seen = [error], 0
    while waiting and seen < _LONGEST_CHAIN:
        one = waiting.pop(0)
        seen += 1
        yield one
        members = getattr(one, "exceptions", ())
        waiting += [item for item in members if isinstance(item, BaseException)]
        earlier = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if earlier is not None:
            waiting.append(earlier)


def _first_line(error: BaseException) -> str:
    try:
        return (str(error).splitlines() or [""])[0]
    except Exception:  # noqa: BLE001 - __str__ may be anyone's code
        return ""


def _line(error: BaseException) -> str:
    # What follows in torch's line about memory is advice for another situation.
    message = _first_line(error).partition(" If reserved but unallocated memory is large")[0]
    return f"{type(error).__name__}: {message}"
