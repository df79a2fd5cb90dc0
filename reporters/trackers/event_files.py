"""Event files of TensorBoard: records of `Event` messages, made without torch or TensorFlow.

The messages and the framing of records are tensorboard's own. Its `EventFileWriter` is not used: it
takes the time, the host and the process id of whoever writes, so a replay would give another file.
Scalars and images are written as PyTorch writes them, for tools that read event files know that.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.text import metadata as text
from tensorboard.summary.writer.record_writer import RecordWriter

from editgauge.reporters.trackers.series import Point
from editgauge.reporters.trackers.settings import Value

_STATUS = {
    "finished": api_pb2.STATUS_SUCCESS,
    "failed": api_pb2.STATUS_FAILURE,
}


class EventFile:
    """One event file, flushed after every record."""

    def __init__(self, folder: Path, time: float) -> None:
        """Make the file of a run that started at `time`, in seconds since 1970.

        The same start gives the same file, so what is sent again stands there once.

        Raises:
            OSError: it cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"events.out.tfevents.{int(time):010d}.{int(time % 1 * 1e6):06d}.editgauge"
        self._writer = RecordWriter(path.open("wb"))
        self._add(time, 0, file_version="brain.Event:2")

    def scalars(self, points: Sequence[Point], time: float) -> None:
        """Write numbers of one moment; points of one step share a record."""
        for step in dict.fromkeys(point.step for point in points):
            values = [
                summary_pb2.Summary.Value(tag=point.name, simple_value=point.value)
                for point in points
                if point.step == step
            ]
            self._summary(values, time, step)

    def image(self, tag: str, encoded: bytes, size: tuple[int, int], time: float) -> None:
        """Write a picture: the bytes of a PNG file, with width and height in pixels."""
        image = summary_pb2.Summary.Image(
            width=size[0], height=size[1], colorspace=3, encoded_image_string=encoded
        )
        self._summary([summary_pb2.Summary.Value(tag=tag, image=image)], time)

    def text(self, tag: str, markdown: str, time: float) -> None:
        """Write a text, which TensorBoard shows as Markdown."""
        # Without a dimension: it is one text, not a table of texts.
        tensor = tensor_pb2.TensorProto(
            dtype="DT_STRING",
            string_val=[markdown.encode("utf-8")],
            tensor_shape=tensor_shape_pb2.TensorShapeProto(),
        )
        metadata = text.create_summary_metadata(display_name="", description="")
        value = summary_pb2.Summary.Value(tag=f"{tag}/text_summary", metadata=metadata)
        value.tensor.CopyFrom(tensor)
        self._summary([value], time)

    def settings(self, values: Mapping[str, Value], group: str, time: float) -> None:
        """Write the hyperparameters of a session that started at `time`."""
        started = plugin_data_pb2.SessionStartInfo(group_name=group, start_time_secs=time)
        for name, value in values.items():
            if isinstance(value, bool):
                started.hparams[name].bool_value = value
            elif isinstance(value, str):
                started.hparams[name].string_value = value
            else:
                started.hparams[name].number_value = value
        data = plugin_data_pb2.HParamsPluginData(session_start_info=started)
        self._hparams(hparams.SESSION_START_INFO_TAG, data, time)

    def ended(self, status: str, time: float) -> None:
        """Write how the session ended; `status` is that of `RunFinished`."""
        ended = plugin_data_pb2.SessionEndInfo(
            status=_STATUS.get(status, api_pb2.STATUS_UNKNOWN), end_time_secs=time
        )
        data = plugin_data_pb2.HParamsPluginData(session_end_info=ended)
        self._hparams(hparams.SESSION_END_INFO_TAG, data, time)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def _hparams(self, tag: str, data: Any, time: float) -> None:
        metadata = hparams.create_summary_metadata(data)
        value = summary_pb2.Summary.Value(tag=tag, metadata=metadata)
        value.tensor.CopyFrom(hparams.NULL_TENSOR)
        self._summary([value], time)

    def _summary(self, values: Sequence[Any], time: float, step: int = 0) -> None:
        self._add(time, step, summary=summary_pb2.Summary(value=values))

    def _add(self, time: float, step: int, **content: Any) -> None:
        event = event_pb2.Event(wall_time=time, step=step, **content)
        # Deterministic: the hyperparameters are a map, which has no order of its own.
        self._writer.write(event.SerializeToString(deterministic=True))
        self._writer.flush()
