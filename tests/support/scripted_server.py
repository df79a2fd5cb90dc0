"""A server on loopback that answers chat completions as a test tells it, over real sockets."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "the-judge"


@dataclass
class Answer:
    """One answer to one request.

    Attributes:
        body: its bytes.
        status: HTTP status.
        headers: further headers.
        length: what `Content-Length` says; None for the length of `body`, -1 for no header at all.
        cut: whether the connection is reset behind the body (or before it, with `status` 0).
        wait: an event to wait for before anything is sent.
        drip: seconds between two bytes of the body; 0 sends it at once.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    cut: bool = False
    wait: threading.Event | None = None
    drip: float = 0.0


def completion(text: str | None = "Score: 7", finish: str = "stop", **message: Any) -> Answer:
    """The usual answer."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": finish,
    }
    return as_json({"id": "x", "object": "chat.completion", "choices": [choice]})


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(json.dumps(value).encode(), status, {"content-type": "application/json"} | given)


def odds(tokens: dict[str, float], text: str = "A") -> Answer:
    """An answer with log-probabilities of its first token."""
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in tokens.items()]
    first = {**top[0], "top_logprobs": top}
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "length",
        "logprobs": {"content": [first]},
    }
    return as_json({"choices": [choice]})


def stream(
    *texts: str, finish: str | None = "stop", done: bool = True, cut: bool = False
) -> Answer:
    """A stream of server-sent events, with lines and comments as servers send them."""
    pieces: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
    ]
    pieces += [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    if finish is not None:
        pieces.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        pieces.append({"choices": [], "usage": {"total_tokens": 3}})
    lines = [f"data: {json.dumps(piece)}\n\n" for piece in pieces]
    text = ": a comment\r\n\r\n" + "".join(lines) + ("data: [DONE]\n\n" if done else "")
    return Answer(text.encode(), headers={"content-type": "text/event-stream"}, length=-1, cut=cut)


@dataclass
class Asked:
    """One request that came.

    Attributes:
        path: its path.
        headers: its headers, names in small letters.
        body: its JSON, or None.
    """

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def prompt(self) -> str:
        text: str = self.body["messages"][-1]["content"][-1]["text"]
        return text


class ScriptedServer:
    """Answers with what `answer` returns, and keeps what was asked."""

    def __init__(self, answer: Callable[[Asked, int], Answer]) -> None:
        """Take `answer(asked, number)`; `number` counts completions from 0."""
        self.answer = answer
        self.models = as_json({"object": "list", "data": [{"id": MODEL, "root": "/models/a"}]})
        self.asked: list[Asked] = []
        self.base_url = ""
        self.released = threading.Event()
        self.greatest = 0
        self._under_way = 0
        self._lock = threading.Lock()

    def handle(self, asked: Asked) -> Answer:
        if asked.path.endswith("/models"):
            return self.models
        with self._lock:
            number = len(self.asked)
            self.asked.append(asked)
            self._under_way += 1
            self.greatest = max(self.greatest, self._under_way)
        answer = self.answer(asked, number)
        if answer.wait is not None:
            answer.wait.wait(60)
        with self._lock:
            self._under_way -= 1
        return answer


@contextmanager
def serving(answer: Callable[[Asked, int], Answer]) -> Iterator[ScriptedServer]:
    """Serve on a free port until the end of the block."""
    script = ScriptedServer(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["content-length"]))
            self._answer(json.loads(data))

        def _answer(self, body: Any) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = script.handle(Asked(self.path, headers, body))
            if answer.status:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.length == -1:
                    self.send_header("connection", "close")
                    self.close_connection = True
                else:
                    length = len(answer.body) if answer.length is None else answer.length
                    self.send_header("content-length", str(length))
                self.end_headers()
                for piece in pieces(answer):
                    self.wfile.write(piece)
                    self.wfile.flush()
            if answer.cut or not answer.status:
                self.close_connection = True
                # Reset, instead of an orderly end.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    def pieces(answer: Answer) -> Iterator[bytes]:
        if not answer.drip:
            yield answer.body
            return
        for place in range(len(answer.body)):
            if script.released.wait(answer.drip):
                return
            yield answer.body[place : place + 1]

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that has left is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    script.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield script
    finally:
        script.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
