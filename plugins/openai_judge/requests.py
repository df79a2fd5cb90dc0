"""The body of a request: messages, images as data URLs, and the form of the reply."""

import base64
import io
import json
import math
from typing import TYPE_CHECKING, Any

from PIL import Image

from editgauge import Config, ScoreRequest

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


def request_body(config: Config, request: ScoreRequest) -> dict[str, Any]:
    """Return the fields of a request but for `extra_body`.

    Args:
        config: the judge's configuration.
        request: what to ask.
    """
    content: list[dict[str, Any]] = []
    for image in request.images:
        part = {"url": data_url(image, config)}
        if config.detail is not None:
            part["detail"] = config.detail
        content.append({"type": "image_url", "image_url": part})
    prompt = request.prompt
    if config.structured_output != "none" and not request.labels:
        prompt = f"{prompt}\n\n{_json_form(config)}"
    content.append({"type": "text", "text": _sendable(prompt)})
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if request.system:
        messages.insert(0, {"role": "system", "content": _sendable(request.system)})
    body: dict[str, Any] = {"model": config.model, "messages": messages}
    # A label is read from the first token alone.
    body[config.max_tokens_field] = 1 if request.labels else config.max_tokens
    for name in ("temperature", "seed"):
        if getattr(config, name) is not None:
            body[name] = getattr(config, name)
    if config.stream:
        body["stream"] = True
    if request.labels:
        body |= {"logprobs": True, "top_logprobs": config.top_logprobs}
    elif config.structured_output == "json_object":
        body["response_format"] = {"type": "json_object"}
    elif config.structured_output == "json_schema":
        schema = {"name": "judgement", "strict": True, "schema": reply_schema(config)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def data_url(image: "Picture", config: Config) -> str:
    """Return an image as a data URL (RFC 2397), made smaller where the configuration says so."""
    width, height = image.size
    scale = min(1.0, math.sqrt(config.max_pixels / (width * height)))
    if config.max_edge is not None:
        scale = min(scale, config.max_edge / max(width, height))
    if scale < 1:
        # Rounded down, so that neither limit is passed.
        size = (max(1, int(width * scale)), max(1, int(height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if config.image_format == "jpeg":
        image.save(buffer, "JPEG", quality=config.jpeg_quality)
    else:
        # The first level is several times faster, for nearly the same size.
        image.save(buffer, "PNG", compress_level=1)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/{config.image_format};base64,{encoded}"


def reply_schema(config: Config) -> dict[str, Any]:
    """Return the JSON Schema of replies: the configured one, or one made from the rubric.

    The reason stands before the score, so that the judge has given it when it comes to the score.
    """
    if config.reply_schema is not None:
        return Config.to_dict(config.reply_schema)
    rubric = config.rubric
    parser, minimum, maximum, length = "score", 0.0, 10.0, None
    if isinstance(rubric, Config):
        parser, length = rubric.parser, rubric.list_length
        minimum, maximum = rubric.minimum, rubric.maximum
    number = {"type": "number", "minimum": minimum, "maximum": maximum}
    score: dict[str, Any] = number
    if parser == "yes_no":
        score = {"type": "string", "enum": ["yes", "no"]}
    elif parser != "score":
        score = {"type": "array", "items": number}
        if length is not None:
            score |= {"minItems": length, "maxItems": length}
    return {
        "type": "object",
        "properties": {"reasoning": {"type": "string"}, "score": score},
        "required": ["reasoning", "score"],
        "additionalProperties": False,
    }


def _json_form(config: Config) -> str:
    """Return the sentence that asks for JSON; servers that make it want it asked for as well."""
    if config.reply_schema is not None:
        schema = json.dumps(reply_schema(config), ensure_ascii=False)
        return f"Write the whole answer as one JSON object of this schema: {schema}"
    return (
        'Write the whole answer as one JSON object and nothing else: {"reasoning": "...", '
        '"score": ...}, with the score in the form asked for.'
    )


def _sendable(text: str) -> str:
    """Return text that UTF-8 can hold: a dataset may have lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")
