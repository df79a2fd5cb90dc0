"""Sample rows of GEdit-Bench, made here, and a judge's server on loopback that answers by rule."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

MODEL = "a-judge"


def picture(colour: str) -> bytes:
    """Return a PNG file with a picture of two colours."""
    image = Image.new("RGB", (48, 32), colour)
    image.paste("white", (8, 8, 24, 24))
    file = BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()


def row(
    key: str, task: str, instruction: str, language: str = "en", **other: Any
) -> dict[str, Any]:
    """Return a row as the published files have it."""
    colour = ("red", "teal", "orange", "navy")[len(key) % 4]
    return {
        "key": key,
        "task_type": task,
        "instruction": instruction,
        "instruction_language": language,
        "input_image": {"bytes": picture("grey"), "path": None},
        "input_image_raw": {"bytes": picture(colour), "path": f"{key}.png"},
        "Intersection_exist": True,
    } | other


ROWS = [
    row("a", "color_alter", "Make it greyscale."),
    row("a", "color_alter", "变成黑白", "cn"),
    row("bb", "style_change", "Blur it.", Intersection_exist=False),
    row("ccc", "style_change", "Invert the colours."),
    row("ddd", "style_change", "反色", "cn"),
]


def write_rows(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    """Write rows as a parquet file."""
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, **options)
    return path


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """Return a folder with the rows in two files."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_rows(folder / "train-00000-of-00002.parquet", ROWS[:3])
    write_rows(folder / "train-00001-of-00002.parquet", ROWS[3:])
    return folder


Answer = Callable[[list[Image.Image]], "str | int"]


def by_rule(images: list[Image.Image]) -> str:
    """Answer as a judge that cannot be fooled: what was not changed was not done."""
    if len(images) == 1:
        return '{"reasoning": "sharp", "score": [9, 4]}'
    success = 0 if images[0].tobytes() == images[1].tobytes() else 9
    return f'```json\n{{"reasoning": "seen", "score": [{success}, 10]}}\n```'


class JudgeServer:
    """An OpenAI-compatible server; `answer` says what it answers (a number is an HTTP status)."""

    def __init__(self) -> None:
        self.answer: Answer = by_rule
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.base_url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(200, {"data": [{"id": MODEL}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.asked.append(body)
                server.keys.append(self.headers["Authorization"])
                answer = server.answer(list(_images(body)))
                if isinstance(answer, int):
                    self._send(answer, {"error": "on purpose"})
                else:
                    self._send(200, {"choices": [{"message": {"content": answer}}]})

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def _send(self, status: int, data: dict[str, Any]) -> None:
                text = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        return Handler


def _images(body: dict[str, Any]) -> Iterator[Image.Image]:
    for part in body["messages"][0]["content"]:
        if part["type"] == "image_url":
            data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
            yield Image.open(BytesIO(data))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgeServer]:
    """Start a server; nothing goes through a proxy, which could not reach it."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    found = JudgeServer()
    yield found
    found.close()
