import json

from pydantic import SecretBytes, SecretStr

from editgauge.config_schemas.base import ConfigModel
from editgauge.core.config import plain_with_secrets


class Inner(ConfigModel):
    token: SecretStr
    raw: SecretBytes
    sizes: tuple[int, ...]


class Outer(ConfigModel):
    inner: list[Inner]
    by_number: dict[int, SecretStr]


def test_secrets_are_readable_and_everything_is_json() -> None:
    outer = Outer(
        inner=[Inner(token=SecretStr("a"), raw=SecretBytes(b"b"), sizes=(1, 2))],
        by_number={7: SecretStr("c")},
    )
    plain = plain_with_secrets(outer)
    assert plain == {
        "inner": [{"token": "a", "raw": "b", "sizes": [1, 2]}],
        "by_number": {"7": "c"},
    }
    json.dumps(plain)
