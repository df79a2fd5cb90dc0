"""The worker's side: hosts one model and answers requests.

Run by path, by whatever interpreter was configured: `child.py REQUEST_FD RESPONSE_FD`. Standard
library only, Python 3.10; the model's own imports come with the model. editgauge and the plugin's
top-level package are made importable by location, so nothing of the parent's environment leaks in.
"""

import errno
import importlib
import importlib.machinery
import importlib.util
import operator
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from editgauge.core.code_digest import FreshLoader
    from editgauge.core.models import EditModel, RewardModel
    from editgauge.core.workers.protocol import Frame

_TRACEBACK_LENGTH = 100_000
_ERROR_LENGTH = 10_000
"""Characters of an error in a line that go to the parent."""
_NOT_THE_DISK = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors of writing an image that are the worker's own and do not come from the run directory."""
_REQUESTS = ("edit", "score")
_REPORTED_PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "pillow", "numpy")


class LocationFinder(MetaPathFinder):
    """Finds top-level packages at given places, before anything else is asked."""

    def __init__(self, locations: dict[str, dict[str, Any]]) -> None:
        """Take `{name: {"file": path or None, "folders": [path, ...] or None}}`.

        A plugin file has a `sha256`, too: its `code_digest` when the parent imported it.
        """
        self._locations = locations

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the interface of finders
        target: ModuleType | None = None,  # noqa: ARG002 - the interface of finders
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a package that was given, else None."""
        location = self._locations.get(fullname)
        if location is None:
            return None
        if location["file"] is None:
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = list(location["folders"])
            return spec
        loader = None
        if digest := location.get("sha256"):
            loader = _loader_of_plugin_file(fullname, location, digest)
        return importlib.util.spec_from_file_location(
            fullname,
            location["file"],
            loader=loader,
            submodule_search_locations=location["folders"],
        )


def _loader_of_plugin_file(name: str, location: dict[str, Any], digest: str) -> "FreshLoader":
    from pathlib import Path

    from editgauge.core.code_digest import FreshLoader, check_digest, check_name_is_free

    check_name_is_free(name, location["file"])
    check_digest(Path((location["folders"] or [location["file"]])[0]), digest)
    return FreshLoader(name, location["file"], digest)


def main() -> None:
    """Serve one parent until it asks for the end or is gone."""
    request_descriptor, response_descriptor = int(sys.argv[1]), int(sys.argv[2])
    # The script's own folder would shadow modules of the same name.
    sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(sys.argv[0])]  # noqa: PTH120
    package = os.path.abspath(os.path.join(os.path.dirname(sys.argv[0]), "..", ".."))  # noqa: PTH100, PTH118, PTH120
    sys.meta_path.insert(0, LocationFinder({"editgauge": _regular(package)}))
    from editgauge.core.workers import inert

    inert.install()
    Child(request_descriptor, response_descriptor).serve()


def _regular(folder: str) -> dict[str, Any]:
    return {"file": os.path.join(folder, "__init__.py"), "folders": [folder]}  # noqa: PTH118


class Child:
    """Answers the parent's frames, one at a time."""

    def __init__(self, request_descriptor: int, response_descriptor: int) -> None:
        """Speak over two pipes."""
        from editgauge.core.workers import accelerator_errors, contract, protocol

        self._protocol = protocol
        self._contract = contract
        self._accelerator_errors = accelerator_errors
        self._frames: Iterator[Frame] = protocol.read_frames(request_descriptor)
        self._response_descriptor = response_descriptor
        self._model: Any = None
        # A model may call back from threads of its own.
        self._sending = threading.RLock()
        self._request: int | None = None
        self._memory_ran_out = False
        self._answers: dict[str, Callable[[Frame], None]] = {
            "inspect": self._inspect,
            "load": self._load,
            "edit": self._edit,
            "score": self._score,
        }

    def serve(self) -> None:
        """Greet, then answer frames until `shutdown` or end of file."""
        try:
            self._serve()
        except self._protocol.ProtocolError as error:
            _leave(f"the channel to the parent is broken: {error}")

    def _serve(self) -> None:
        from editgauge import __version__

        greeting = next(self._frames, None)
        if greeting is None:
            return
        self._send(
            {
                **self._protocol.hello(__version__),
                "python": ".".join(str(part) for part in sys.version_info[:3]),
            }
        )
        self._protocol.check_hello(greeting, own_version=__version__)
        locations = greeting.get("locations")
        if not isinstance(locations, dict):
            raise self._protocol.ProtocolError("the parent's hello has no 'locations'")
        sys.meta_path.insert(0, LocationFinder(locations))
        for frame in self._frames:
            kind = frame["kind"]
            if kind == "shutdown":
                self._close()
                break
            if kind not in self._answers:
                raise self._protocol.ProtocolError(f"a frame of unknown kind {kind[:40]!r} came")
            if kind in _REQUESTS:
                self._check_request(frame)
                # Before anything is done for it: whoever is lost from here on may be lost by it.
                self._send({"kind": "began", "request": frame["request"]})
            self._answers[kind](frame)
            self._tidy()
        sys.stdout.flush()
        sys.stderr.flush()
        # Interpreter shutdown of large libraries can hang or crash; everything is written.
        os._exit(0)

    def _close(self) -> None:
        """Let the model close. Every result is written: what goes wrong here is for the log."""
        if self._model is None:
            return
        try:
            self._model.close()
        except Exception:  # noqa: BLE001 - a model may raise anything
            name = f"{type(self._model).__name__}.close"
            sys.stderr.write(f"{name} failed; no result is touched\n{traceback.format_exc()}")

    def _send(self, frame: "Frame") -> None:
        with self._sending:
            try:
                self._protocol.write_frame(self._response_descriptor, frame)
            except BrokenPipeError:
                _leave("the parent is gone")

    def _check_request(self, frame: "Frame") -> None:
        if self._model is None:
            raise self._protocol.ProtocolError(
                f"a {frame['kind']!r} frame came before a model was loaded"
            )
        if type(frame.get("request")) is not int:
            raise self._protocol.ProtocolError(f"a {frame['kind']!r} frame has no 'request'")

    def _begin(self, frame: "Frame") -> int:
        """Begin to answer a request, and return its number."""
        with self._sending:
            self._request = number = operator.index(frame["request"])
        return number

    def _send_part(self, request: int, frame: "Frame") -> None:
        """Send a part of the answer to a request.

        Raises:
            RuntimeError: the request has ended. The parent would take what comes now for a part
                of the next one, and give one sample the reply to another.
        """
        with self._sending:
            if request != self._request:
                raise RuntimeError(
                    f"a {frame['kind']} came after its request had ended; a model should call "
                    "back only until its method returns or raises"
                )
            self._send({**frame, "request": request})

    def _end(self, frame: "Frame") -> None:
        """Send the last part of an answer; what a thread of the model says later is refused."""
        with self._sending:
            frame["request"], self._request = self._request, None
            self._send(frame)

    def _fail(self, error: Exception, started: float, advice: str) -> None:
        """Say that a request failed, or leave if its error means that no other can succeed.

        Args:
            error: what was raised.
            started: when the request began.
            advice: what to do if the device's memory did not suffice.
        """
        kind = self._accelerator_errors
        if kind.is_device_lost(error):
            described = {**_describe(error), "error": kind.describe_error(error)[:_ERROR_LENGTH]}
            # First, for the parent kills whoever sends this frame.
            _say(f"its device is lost: {described['error']}")
            self._end({"kind": "device_lost", **described})
            os._exit(1)
        described = self._describe_with_advice(error, advice)
        self._end({"kind": "failed", "seconds": _since(started), **described})

    def _describe_with_advice(self, error: Exception, advice: str) -> dict[str, str]:
        kind, described = self._accelerator_errors, _describe(error)
        if kind.is_out_of_memory(error):
            described["error"] = f"{kind.describe_error(error)[:_ERROR_LENGTH]} ({advice})"
            self._memory_ran_out = True
        return described

    def _tidy(self) -> None:
        """Free what a failed request held; outside of its handler, whose exception holds it."""
        if self._memory_ran_out:
            self._memory_ran_out = False
            self._accelerator_errors.release_memory()

    def _inspect(self, frame: "Frame") -> None:
        from editgauge.core.models import make_config

        try:
            self._contract.check_pillow()
            model_class = self._contract.import_model(frame["target"], frame["stage"])
            devices = _list_devices() if frame["list_devices"] else []
            config = make_config(frame["config"])
            model_class.check(config)
            fingerprint = self._contract.check_fingerprint(
                model_class.fingerprint(config), model_class
            )
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            self._send({"kind": "inspect_failed", **_describe(error)})
            return
        self._send(
            {
                "kind": "inspected",
                "devices": devices,
                "versions": _versions(),
                "fingerprint": fingerprint,
            }
        )

    def _load(self, frame: "Frame") -> None:
        from editgauge.core.models import make_config

        try:
            config = make_config(frame["config"])
            model_class = self._contract.import_model(frame["target"], frame["stage"])
            torch = sys.modules.get("torch")
            if torch is not None and frame["threads"] is not None:
                torch.set_num_threads(frame["threads"])
            model = model_class()
            model.load(config, frame["device"])
            # Afterwards: files may have been replaced while they were read.
            self._contract.check_same_model(model_class, config, frame.get("fingerprint"))
            details = self._contract.check_details(model.describe(), model)
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            advice = self._accelerator_errors.ADVICE_LOADING
            self._send({"kind": "load_failed", **self._describe_with_advice(error, advice)})
            return
        self._model = model
        self._send({"kind": "ready", "versions": _versions(), "details": details})

    def _edit(self, frame: "Frame") -> None:
        from pathlib import Path

        from editgauge.core.images import file_digest, load_image, save_png
        from editgauge.core.models import EditRequest

        model: EditModel = self._model
        started, number = time.monotonic(), self._begin(frame)

        def on_step(step: int, of: int) -> None:
            self._send_part(number, {"kind": "step", "step": int(step), "of": int(of)})

        try:
            # Here, where they are read: what is recorded is what the model saw.
            digests = [file_digest(path) for path in frame["images"]]
            request = EditRequest(
                id=frame["id"],
                index=frame["index"],
                images=tuple(load_image(path) for path in frame["images"]),
                instruction=frame["instruction"],
                seed=frame["seed"],
            )
            image = model.edit(request, on_step)
            self._contract.check_image(image, model)
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            self._fail(error, started, self._accelerator_errors.ADVICE_EDITING)
            return
        try:
            save_png(image, Path(frame["output"]), sync=frame["sync"])
            digest = file_digest(frame["output"])
        except Exception as error:  # noqa: BLE001 - Pillow raises many kinds
            number_of_error = error.errno if isinstance(error, OSError) else None
            if number_of_error is None or number_of_error in _NOT_THE_DISK:
                self._end({"kind": "failed", "seconds": _since(started), **_describe(error)})
            else:
                # No fault of the sample: the next one would not be written either.
                self._end({"kind": "unwritable", "errno": number_of_error, **_describe(error)})
            return
        self._end(
            {
                "kind": "edited",
                "sources_sha256": digests,
                "image_sha256": digest,
                "seconds": _since(started),
                "width": image.width,
                "height": image.height,
            }
        )

    def _score(self, frame: "Frame") -> None:
        from editgauge.core.images import file_digest, load_image
        from editgauge.core.models import Reply, ScoreRequest

        model: RewardModel = self._model
        started, number = time.monotonic(), self._begin(frame)
        sent: dict[int, dict[str, Any]] = {}

        def on_reply(position: int, reply: Reply) -> None:
            position = operator.index(position)
            if not 0 <= position < len(requests):
                raise IndexError(
                    f"on_reply was called for request {position} of a batch of {len(requests)}"
                )
            fields = self._contract.reply_fields(reply)
            with self._sending:
                if position not in sent:
                    self._send_part(
                        number,
                        {
                            "kind": "reply",
                            "position": position,
                            "seconds": _since(started),
                            "images_sha256": digests[position],
                            **fields,
                        },
                    )
                    sent[position] = fields
                elif sent[position] != fields:
                    raise ValueError(
                        f"{type(model).__name__}.score gave two different replies to request "
                        f"{position} of a batch (from 0), {sent[position]['text']!r:.80} and "
                        f"{reply.text!r:.80}; the first one counts"
                    )

        requests: list[ScoreRequest] = []
        digests: list[list[str]] = []
        try:
            digests += [
                [file_digest(path) for path in item["images"]] for item in frame["requests"]
            ]
            requests.extend(
                ScoreRequest(
                    id=item["id"],
                    index=item["index"],
                    images=tuple(load_image(path) for path in item["images"]),
                    system=item["system"],
                    prompt=item["prompt"],
                    labels=tuple(item["labels"]),
                    values=tuple(item["values"]),
                )
                for item in frame["requests"]
            )
            replies = model.score(requests, on_reply)
            self._contract.check_number(replies, requests, model)
            for position, reply in enumerate(replies):
                on_reply(position, reply)
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            self._fail(error, started, self._accelerator_errors.ADVICE_SCORING)
            return
        self._end({"kind": "scored", "seconds": _since(started)})


def _list_devices() -> list[str]:
    """Return the devices that torch sees, or `cpu` alone where there is no torch."""
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError:
        return ["cpu"]
    devices = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if not devices and torch.backends.mps.is_available():
        devices = ["mps"]
    return [*devices, "cpu"]


def _versions() -> dict[str, str]:
    versions = {}
    for package in _REPORTED_PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _since(started: float) -> float:
    return round(time.monotonic() - started, 4)


def _describe(error: BaseException) -> dict[str, str]:
    """Return the error in a line, and its traceback, which the parent keeps in the log."""
    try:
        message = str(error)
    except Exception as another:  # noqa: BLE001 - __str__ is the model's code, too
        message = f"(its message cannot be shown: {type(another).__name__})"
    return {
        "error": f"{type(error).__name__}: {message}"[:_ERROR_LENGTH],
        "traceback": _traceback(error)[-_TRACEBACK_LENGTH:],
    }


def _traceback(error: BaseException) -> str:
    """Return an error's traceback without the frames that lead from here to the model.

    An error that the contract raised, or one of a file that cannot be read, needs none of them.
    One that was raised here keeps all.
    """
    shown = traceback.TracebackException.from_exception(error)
    if not shown.stack or shown.stack[-1].filename == __file__:
        return "".join(shown.format())
    own = (__file__, sys.modules["editgauge.core.workers.contract"].__file__)
    kept = [frame for frame in shown.stack if frame.filename not in own]
    if not kept and shown.__cause__ is None and shown.__context__ is None:
        return "".join(shown.format_exception_only())
    shown.stack = traceback.StackSummary.from_list(kept)
    return "".join(shown.format())


def _leave(why: str) -> NoReturn:
    _say(why)
    os._exit(1)


def _say(what: str) -> None:
    sys.stderr.write(f"editgauge worker: {what}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
