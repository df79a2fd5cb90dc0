"""A judge that tells its secrets wherever it can."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, Literal

from editgauge import (
    Config,
    OnReply,
    Reply,
    RewardModel,
    RewardModelConfig,
    ScoreRequest,
    hookimpl,
)
from editgauge.core.hooks.hookspecs import Register


def fingerprint(secret: str) -> str:
    """Return what proves that a secret arrived, without telling it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:12]


def _tell(config: Config) -> None:
    everything = {"key": config.api_key, "environment": dict(os.environ)}
    sys.stdout.write(f"as text {config.api_key} {os.environ}\n")
    sys.stdout.write(f"as JSON {json.dumps(everything)}\n")
    sys.stderr.write(f"as Python {everything!r}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    for secret in (config.api_key, *os.environ.values()):
        # Read in two pieces, as a pipe may cut it anywhere.
        half = len(secret) // 2
        os.write(2, f"in pieces {secret[:half]}".encode("utf-8", "replace"))
        time.sleep(0.005)
        os.write(2, f"{secret[half:]}\n".encode("utf-8", "replace"))
    subprocess.run(["/usr/bin/env"], check=True)
    sys.stdout.write(f"without an end {config.api_key}")
    sys.stdout.flush()


class LeakingRewardModel(RewardModel):
    @classmethod
    def check(cls, config: Config) -> None:
        _tell(config)
        if config.fail_in == "check":
            raise ValueError(f"cannot check with {config.api_key}")

    def load(self, config: Config, device: str) -> None:
        del device
        self.config = config
        _tell(config)
        if config.fail_in == "load":
            raise ValueError(f"401 for {config.api_key} of {os.environ}")

    def describe(self) -> dict[str, str | int | float | bool]:
        return {"key": self.config.api_key, self.config.api_key: "key"}

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        del on_reply
        (request,) = requests
        key = self.config.api_key
        if request.id == "s1":
            raise RuntimeError(f"the judge refused {key}: {os.environ}")
        if request.id == "s2":
            sys.stderr.write(f"last words with {key}\n")
            sys.stderr.flush()
            os._exit(3)
        if request.id == "s3":
            os.write(int(sys.argv[2]), f"no frame but {key}".encode())
            time.sleep(60)
        known = " ".join(f"{name}={fingerprint(value)}" for name, value in os.environ.items())
        text = f"My key is {key}.\nkey={fingerprint(key)} {known}\nScore: 7.0"
        return [Reply(text)]


class LeakingConfig(RewardModelConfig):
    type: Literal["leaking"]
    api_key: Any
    fail_in: str = ""


def _config_model() -> type[RewardModelConfig]:
    """Return the config model; pydantic's own types are not there in a worker."""
    from pydantic import SecretStr, field_validator

    class Checked(LeakingConfig):
        api_key: SecretStr

        @field_validator("api_key")
        @classmethod
        def _check(cls, value: SecretStr) -> SecretStr:
            if "refused" in value.get_secret_value():
                raise ValueError(f"the key {value.get_secret_value()} is refused")
            return value

    return Checked


@hookimpl
def register_reward_models(register: Register) -> None:
    register(
        "leaking",
        config=_config_model(),
        target="tests.hostile.leaking:LeakingRewardModel",
    )
