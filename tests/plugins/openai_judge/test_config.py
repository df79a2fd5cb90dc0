"""What may be configured, and what is refused before anything is sent."""

from typing import Any

import pytest

from editgauge.config_schemas.openai_judge import OpenAIJudgeConfig
from editgauge.core.config import ConfigError, load_config, plain_with_secrets
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run.content_keys import reward_settings

URL = "http://127.0.0.1:8000/v1"


def validated(**options: Any) -> OpenAIJudgeConfig:
    values = {"type": "openai", "base_url": URL, "model": "m"}
    return OpenAIJudgeConfig.model_validate(values | options)


def refusal(**options: Any) -> str:
    """Return what a user is told about a config, as the command line tells it."""
    plugins = PluginManager()
    plugins.load_entry_points()
    config = {
        "dataset": {"type": "jsonl", "path": "a.jsonl"},
        "edit": {"type": "miniature-qwen-edit"},
        "reward": {"type": "openai", "base_url": URL, "model": "m", **options},
    }
    with pytest.raises(ConfigError) as raised:
        load_config(config, plugins=plugins, environ={})
    return str(raised.value)


@pytest.fixture(autouse=True)
def _no_key_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_the_key_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert validated().api_key is None
    monkeypatch.setenv("OPENAI_API_KEY", " sk-usual \n")
    monkeypatch.setenv("JUDGE_LOGIN", "sk-named")
    for options, key in (
        ({}, "sk-usual"),
        ({"api_key_variable": "JUDGE_LOGIN"}, "sk-named"),
        ({"api_key_variable": "NOT_SET"}, None),
        ({"api_key": "sk-given"}, "sk-given"),
        ({"api_key": None}, None),
    ):
        config = validated(**options)
        assert plain_with_secrets(config)["api_key"] == key
        assert "sk-" not in config.model_dump_json()
        assert "sk-" not in repr(config)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "127.0.0.1:8000"}, "like 'http://127.0.0.1:8000/v1'"),
        ({"base_url": "ftp://host/v1"}, "like 'http://127.0.0.1:8000/v1'"),
        ({"base_url": "http://host:notaport/v1"}, "like 'http://127.0.0.1:8000/v1'"),
        ({"base_url": "http://host/v1?a=b"}, "without '?'"),
        ({"base_url": "http://me:hunter2pass@host/v1"}, "no user or password"),
        ({"base_url": "http://hunter2pass@host/v1"}, "no user or password"),
        ({"api_key": "hunter2pass\nX-Evil: 1"}, "printable ASCII"),
        ({"api_key": ""}, "printable ASCII"),
        ({"headers": {"X-Key": "hunter2pass\r\n"}}, "printable ASCII"),
        ({"headers": {"X Key:": "a"}}, "name of an HTTP header"),
        ({"api_key_variable": "sk-hunter2pass"}, "name of an environment variable"),
        ({"extra_body": {"max_tokens": 3}}, "'max_tokens'; set 'max_tokens'"),
        ({"extra_body": {"response_format": {}}}, "set 'structured_output'"),
        ({"structured_output": "json_object", "score_by": "logprobs"}, "score_by: text"),
        ({"reply_schema": {}}, "'structured_output: json_schema'"),
        ({"structured_output": "json_schema", "rubric": "a.yaml"}, "needs a 'reply_schema'"),
        (
            {
                "structured_output": "json_schema",
                "rubrics": {"a": {"prompt": "x", "maximum": 5.0}},
            },
            "rubrics differ",
        ),
        ({"concurrency": 1, "batch_size": 200}, "raise 'workers.request_timeout'"),
        ({"stream": "yes"}, "stream"),
        ({"temprature": 1.0}, "temperature"),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(options: dict[str, Any], message: str) -> None:
    told = refusal(**options)
    assert message in told
    assert "hunter2pass" not in told


def test_results_hold_when_only_the_way_to_the_server_changes() -> None:
    config = validated()
    same = validated(
        base_url="https://elsewhere/v1",
        api_key="sk-other",
        api_key_variable="OTHER",
        check_server="none",
        batch_size=2,
        concurrency=2,
        requests_per_minute=3.0,
        timeout=1.0,
        max_retries=0,
        retry_pause=1.0,
        give_up_after=1.0,
        stream=True,
        max_tokens_field="max_completion_tokens",
        workers={"devices": ["cpu", "cpu"]},
    )
    assert reward_settings(config) == reward_settings(same)
    for other in ({"temperature": 1.0}, {"max_pixels": 9}, {"extra_body": {"top_p": 0.1}}):
        assert reward_settings(config) != reward_settings(validated(**other))


def test_one_worker_without_a_gpu_is_the_default() -> None:
    config = validated(workers={"start_timeout": 60.0})
    assert config.workers.devices == ["cpu"]


def test_a_trailing_slash_makes_no_other_address() -> None:
    assert validated(base_url=f"{URL}/").base_url == URL
