"""The network: llama's architecture, as libllama computes it, small enough to be trained on two cores."""

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    n_vocab: int = 2048
    n_layers: int = 4
    d_model: int = 192
    n_heads: int = 6
    n_kv_heads: int = 3
    d_ff: int = 512
    n_context: int = 512
    rope_base: float = 10000.0
    epsilon: float = 1e-5

    @property
    def d_head(self):
        return self.d_model // self.n_heads

    def as_dict(self):
        return asdict(self)


class Norm(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.d_model))
        self.epsilon = shape.epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


def rotate(x, cos, sin):
    """Rotary positions on neighbouring pairs, the order that GGUF files of llama models have. [batch, head, token, d_head]"""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        d, kv = shape.d_model, shape.n_kv_heads * shape.d_head
        self.attn_norm, self.ffn_norm = Norm(shape), Norm(shape)
        self.attn_q, self.attn_output = nn.Linear(d, d, bias=False), nn.Linear(d, d, bias=False)
        self.attn_k, self.attn_v = nn.Linear(d, kv, bias=False), nn.Linear(d, kv, bias=False)
        self.ffn_gate, self.ffn_up = nn.Linear(d, shape.d_ff, bias=False), nn.Linear(d, shape.d_ff, bias=False)
        self.ffn_down = nn.Linear(shape.d_ff, d, bias=False)

    def heads(self, x, cos, sin, mask):
        """What each head reads, before the output matrix; and its attention. [batch, head, token, …]"""
        shape, (n_batch, n_tokens, _) = self.shape, x.shape
        split = lambda y, n: y.view(n_batch, n_tokens, n, shape.d_head).transpose(1, 2)
        group = shape.n_heads // shape.n_kv_heads
        q = rotate(split(self.attn_q(x), shape.n_heads), cos, sin)
        k = rotate(split(self.attn_k(x), shape.n_kv_heads), cos, sin)
        v = split(self.attn_v(x), shape.n_kv_heads)
        # Query heads of a group sit beside each other, so their tokens can share one product.
        q = q.reshape(n_batch, shape.n_kv_heads, group * n_tokens, shape.d_head)
        scores = (q @ k.transpose(-1, -2)) * (1 / math.sqrt(shape.d_head))
        scores = scores.view(n_batch, shape.n_kv_heads, group, n_tokens, n_tokens) + mask
        attention = scores.softmax(-1)
        read = attention.view(n_batch, shape.n_kv_heads, group * n_tokens, n_tokens) @ v
        return read.view(n_batch, shape.n_heads, n_tokens, shape.d_head), attention.flatten(1, 2)

    def feed_forward(self, x):
        y = self.ffn_norm(x)
        return self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))


class Model(nn.Module):
    """Ids to logits. `change_heads(layer, read)` and `change_ffn(layer, out)`, where given, replace what they get."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.n_vocab, shape.d_model)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.n_layers))
        self.output_norm = Norm(shape)
        self._initialise()
        angles = torch.outer(torch.arange(shape.n_context).float(),
                             shape.rope_base ** (-torch.arange(0, shape.d_head, 2).float() / shape.d_head))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        future = torch.full((shape.n_context, shape.n_context), float("-inf")).triu(1)
        self.register_buffer("mask", future, persistent=False)

    def _initialise(self):
        nn.init.normal_(self.token_embd.weight, std=0.03)
        for layer in self.layers:
            for linear in (m for m in layer.modules() if isinstance(m, nn.Linear)):
                nn.init.normal_(linear.weight, std=linear.in_features**-0.5)
            for last in (layer.attn_output, layer.ffn_down):
                last.weight.data.mul_(1 / math.sqrt(2 * self.shape.n_layers))

    def forward(self, ids, apart=None, change_heads=None, change_ffn=None, watch=None):
        """With `apart`, the id that begins documents, no document of a row sees the one before."""
        n = ids.shape[1]
        cos, sin, mask = self.cos[:n], self.sin[:n], self.mask[:n, :n]
        if apart is not None:
            document = (ids == apart).cumsum(1)
            others = document[:, :, None] != document[:, None, :]
            mask = mask.masked_fill(others, float("-inf"))[:, None, None]
        x = self.token_embd(ids)
        for index, layer in enumerate(self.layers):
            read, attention = layer.heads(layer.attn_norm(x), cos, sin, mask)
            if watch:
                watch(index, attention)
            if change_heads:
                read = change_heads(index, read)
            x = x + layer.attn_output(read.transpose(1, 2).flatten(2))
            out = layer.feed_forward(x)
            x = x + (change_ffn(index, out) if change_ffn else out)
        return F.linear(self.output_norm(x), self.token_embd.weight)

    @torch.no_grad()
    def greedy(self, ids, n_tokens, stop=()):
        """Continues one prompt, computing everything anew each time: for short texts."""
        start = len(ids)
        while len(ids) < min(start + n_tokens, self.shape.n_context):
            token = int(self(torch.tensor([ids]))[0, -1].argmax())
            ids = [*ids, token]
            if token in stop:
                break
        return ids[start:]
