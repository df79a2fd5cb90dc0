"""What the miniature judge computes, arranged for fast training; the same as its class computes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.functional import linear, rms_norm
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.qwen3_vl.modeling_qwen3_vl import (
    Qwen3VLTextRMSNorm,
    apply_rotary_pos_emb_vision,
    get_vision_interpolation_indices_and_weights,
    get_vision_position_ids,
)

from editgauge.plugins.miniature.training.judge_batches import Batch

_NAME = "miniature_parts"


@contextmanager
def fast_reading(model: Any) -> Iterator[None]:
    """Let a model attend in parts, as `read` needs it, and normalise in one step, for a while."""
    config = model.model.language_model.config
    norm, attention = Qwen3VLTextRMSNorm.forward, config._attn_implementation  # noqa: SLF001 - no other name
    ALL_ATTENTION_FUNCTIONS.register(_NAME, _attend_in_parts)
    Qwen3VLTextRMSNorm.forward = _normalise
    config._attn_implementation = _NAME  # noqa: SLF001 - no other name
    try:
        yield
    finally:
        Qwen3VLTextRMSNorm.forward = norm
        config._attn_implementation = attention  # noqa: SLF001 - no other name


def read(model: Any, batch: Batch, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return hidden states of a batch, after the last and after another layer.

    Each of the shape (rows, length, width); to be called within `fast_reading`.
    """
    seen, deep = _see(model.model.visual, batch.pixels, batch.grid)
    number = seen.shape[1]
    language = model.model.language_model
    words = language.embed_tokens(batch.tokens)
    one, other = batch.slots
    shown = seen[batch.shown].to(words.dtype)
    embedded = torch.cat(
        [
            words[:, :one],
            shown[:, 0],
            words[:, one + number : other],
            shown[:, 1],
            words[:, other + number :],
        ],
        dim=1,
    )
    rows, length = batch.tokens.shape
    pictures = torch.zeros(rows, length, dtype=torch.bool)
    for slot in batch.slots:
        pictures[:, slot : slot + number] = True
    seen_first = sum(batch.parts)
    later = torch.full((seen_first, seen_first), -1e4, dtype=words.dtype).triu(1)
    between: list[torch.Tensor] = []
    hook = language.layers[layer].register_forward_hook(
        lambda _layer, _arguments, states: between.append(states)
    )
    hidden: torch.Tensor = language(
        inputs_embeds=embedded,
        position_ids=batch.positions[:, None].expand(-1, rows, -1),
        attention_mask=later[None, None],
        visual_pos_masks=pictures,
        deepstack_visual_embeds=[layer[batch.shown].flatten(0, 2) for layer in deep],
        use_cache=False,
        row_parts=batch.parts,
    ).last_hidden_state
    hook.remove()
    return hidden, between[0]


def _see(
    tower: Any, pixels: torch.Tensor, grid: tuple[int, int]
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return what the vision tower makes of pictures of one size, all at once.

    The tower's own forward attends in one picture after the other.

    Args:
        tower: a `Qwen3VLVisionModel`.
        pixels: (pictures, patches, values).
        grid: rows and columns of tokens in a picture.

    Returns:
        The pictures' tokens, (pictures, tokens, width), and the same for each deepstack layer.
    """
    number, patches, _ = pixels.shape
    size = torch.tensor([[1, 2 * grid[0], 2 * grid[1]]])
    nearest, shares = get_vision_interpolation_indices_and_weights(
        size,
        num_grid_per_side=tower.num_grid_per_side,
        mode=tower.interpolation_mode,
        align_corners=tower.interpolation_align_corners,
        spatial_merge_size=2,
        kwargs={},
    )
    filters = tower.patch_embed.proj
    hidden = linear(pixels.to(filters.weight.dtype), filters.weight.flatten(1), filters.bias)
    places = (tower.pos_embed(nearest) * shares[:, :, None]).sum(1)
    hidden = hidden + places.to(hidden.dtype)
    cos, sin = tower.rotary_pos_emb(hidden, get_vision_position_ids(size, 2, kwargs={}))
    deep = []
    for layer, block in enumerate(tower.blocks):
        heads = block.attn.num_heads
        mixed = block.attn.qkv(block.norm1(hidden)).view(number, patches, 3, heads, -1)
        query, key, value = mixed.unbind(2)
        query, key = apply_rotary_pos_emb_vision(query, key, cos, sin)
        looked = _attend(query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2))
        hidden = hidden + block.attn.proj(looked.transpose(1, 2).flatten(2))
        hidden = hidden + block.mlp(block.norm2(hidden))
        if layer in tower.deepstack_visual_indexes:
            merger = tower.deepstack_merger_list[tower.deepstack_visual_indexes.index(layer)]
            deep.append(merger(hidden).view(number, patches // 4, -1))
    return tower.merger(hidden).view(number, patches // 4, -1), deep


def _attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Attend in plain steps: on a CPU, the gradient of the fused attention is far slower."""
    odds = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
    return torch.softmax(odds if mask is None else odds + mask, -1) @ value


def _attend_in_parts(
    _module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    *,
    row_parts: tuple[int, int],
    **_settings: Any,
) -> tuple[torch.Tensor, None]:
    """Attend from the beginning of a row to itself, and from each question to both."""
    first, longest = row_parts
    rows, heads, length, width = query.shape
    query, key = query.to(value.dtype), key.to(value.dtype)
    beginning = _attend(
        query[:, :, :first],
        key[:, :, :first],
        value[:, :, :first],
        attention_mask[..., :first, :first],
    )
    if length == first:
        return beginning.transpose(1, 2), None
    questions = (length - first) // longest

    def parts(tensor: torch.Tensor) -> torch.Tensor:
        return tensor[:, :, first:].unflatten(2, (questions, longest)).transpose(1, 2)

    def with_beginning(tensor: torch.Tensor) -> torch.Tensor:
        shared = tensor[:, None, :, :first].expand(-1, questions, -1, -1, -1)
        return torch.cat([shared, parts(tensor)], dim=3)

    answers = _attend(
        parts(query), with_beginning(key), with_beginning(value), attention_mask[..., first:, :]
    )
    answers = answers.transpose(1, 2).reshape(rows, heads, questions * longest, width)
    return torch.cat([beginning, answers], dim=2).transpose(1, 2), None


def _normalise(self: Any, hidden_states: torch.Tensor) -> torch.Tensor:
    weight = self.weight.to(hidden_states.dtype)
    return rms_norm(hidden_states, weight.shape, weight, self.variance_epsilon)
