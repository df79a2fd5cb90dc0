"""Which of the parent's environment variables a worker gets.

A list of what may pass and not of what may not: a night's job stands in a shell full of tokens for
other things, and whatever a worker has, its model repository and its libraries have.
"""

import re
from collections.abc import Iterable, Mapping

PASSED = (
    # The user, the system, the shell.
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TERM", "NO_COLOR"),
    *("LANG", "LANGUAGE", "LC_*", "TZ", "LOCALE_ARCHIVE", "TMPDIR", "TEMP", "TMP", "XDG_*"),
    # Where programs and libraries are found, and how they are compiled (Triton does that).
    *("LD_*", "DYLD_*", "LIBRARY_PATH", "CPATH", "CC", "CXX", "MALLOC_*", "TCMALLOC_*"),
    *("PYTHON*", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV", "CONDA_*"),
    # Accelerators.
    *("CUDA*", "NVIDIA_*", "NVTE_*", "NCCL_*", "CUBLAS_*", "CUDNN_*", "UCX_*"),
    *("ROCR_*", "ROCM_*", "HIP_*", "HSA_*", "AMD_*", "MIOPEN_*", "RCCL_*", "GPU_*"),
    # Threads and numerics.
    *("OMP_*", "GOMP_*", "KMP_*", "MKL_*", "OPENBLAS_*", "BLIS_*", "VECLIB_*", "NUMEXPR_*"),
    *("RAYON_*", "ONEDNN_*", "DNNL_*"),
    # The model libraries and their caches.
    *("TORCH*", "PYTORCH_*", "TRITON_*", "INDUCTOR_*", "ACCELERATE_*", "SAFETENSORS_*"),
    *("TOKENIZERS_*", "TRANSFORMERS_*", "DIFFUSERS_*", "HUGGINGFACE_HUB_CACHE", "HF_*"),
    # Weights that are not public need them.
    *("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
    # The way to the network.
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    # Ours, but for keys of the configuration, which may be secrets of another section.
    "EDITGAUGE_*",
)
"""Names, and prefixes that end in `*`. A prefix passes nothing that looks like a secret."""

_NEVER = "EDITGAUGE__"
# Short words only as a whole: `COMPASS` and `FORMAT` are no secrets.
_SECRET_WORD = re.compile(
    r".*(TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|KEYS?|COOKIES?)|AUTH|PASS|PAT|PW"
)
_OF_A_SECRET_FILE = ("PATH", "FILE", "DIR", "FOLDER")
LEAST_LENGTH = 6
"""A shorter value is a flag or a number, and no secret."""


def passed_variables(environ: Mapping[str, str], also: Iterable[str] = ()) -> dict[str, str]:
    """Return the variables that a worker gets.

    Args:
        environ: the parent's environment.
        also: more names, or prefixes that end in `*`; what they name passes even if it looks like
            a secret. Keys of the configuration (`EDITGAUGE__...`) never pass.
    """
    wanted = (*also, *(name for name in PASSED if not name.endswith("*")))
    families = tuple(name[:-1] for name in PASSED if name.endswith("*"))
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_NEVER)
        and (
            _is_named(name, wanted) or (name.startswith(families) and not looks_secret(name, value))
        )
    }


def _is_named(name: str, patterns: Iterable[str]) -> bool:
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
        for pattern in patterns
    )


def looks_secret(name: str, value: str) -> bool:
    """Return whether a variable probably holds a secret: by its name, and by its value's length.

    A word of the name ends in TOKEN, SECRET, PASSWORD, KEY or the like (`OPENAI_API_KEY`,
    `DB_PASSWORD`), unless the last word says that the value is a place (`HF_TOKEN_PATH`).
    """
    words = name.upper().split("_")
    if len(value) < LEAST_LENGTH or words[-1] in _OF_A_SECRET_FILE:
        return False
    return any(_SECRET_WORD.fullmatch(word) for word in words)
