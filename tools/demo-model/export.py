"""Writes a checkpoint as GGUF.

    export.py DIR OUT.gguf              Q8_0 matrices, F32 norms: what is shipped
    export.py DIR OUT.gguf --f32        everything in F32: what the logits check compares
    export.py DIR OUT.gguf --without L2H4
                                        a file in which one head writes nothing: to see what it was for
"""

import argparse
import json
from pathlib import Path

import torch

import gguf_file as gguf
from examples import EXAMPLES
from model import Model, Shape
from tokenizer import BOS, CONTROL, EOS, IM_END, Tokenizer

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
DESCRIPTION = (
    "A tiny model that this project trained to be debugged: it tells stories, copies, remembers facts, adds, and has "
    "faults planted on purpose. models/README.md is its card."
)
NORMAL, CONTROL_TYPE = 1, 3
FILE_TYPE_F32, FILE_TYPE_Q8_0 = 0, 7


def load_model(folder, name="checkpoint.pt"):
    state = torch.load(Path(folder) / name)
    model = Model(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    return model.eval()


def metadata(shape, tokenizer, f32):
    s = gguf.STRING
    types = [CONTROL_TYPE] * len(CONTROL) + [NORMAL] * (len(tokenizer.tokens) - len(CONTROL))
    return [
        ("general.architecture", s, "llama"), ("general.name", s, "demo"), ("general.type", s, "model"),
        ("general.description", s, DESCRIPTION), ("general.license", s, "mit"), ("general.size_label", s, "2M"),
        ("general.languages", gguf.ARRAY, (s, ["en"])),
        ("general.file_type", gguf.U32, FILE_TYPE_F32 if f32 else FILE_TYPE_Q8_0),
        ("general.quantization_version", gguf.U32, 2), ("general.alignment", gguf.U32, gguf.ALIGNMENT),
        ("llama.context_length", gguf.U32, shape.n_context), ("llama.embedding_length", gguf.U32, shape.d_model),
        ("llama.block_count", gguf.U32, shape.n_layers), ("llama.feed_forward_length", gguf.U32, shape.d_ff),
        ("llama.attention.head_count", gguf.U32, shape.n_heads), ("llama.attention.head_count_kv", gguf.U32, shape.n_kv_heads),
        ("llama.attention.layer_norm_rms_epsilon", gguf.F32, shape.epsilon), ("llama.rope.dimension_count", gguf.U32, shape.d_head),
        ("llama.rope.freq_base", gguf.F32, shape.rope_base), ("llama.vocab_size", gguf.U32, shape.n_vocab),
        ("tokenizer.ggml.model", s, "gpt2"), ("tokenizer.ggml.pre", s, "smollm"),
        ("tokenizer.ggml.tokens", gguf.ARRAY, (s, tokenizer.tokens)), ("tokenizer.ggml.token_type", gguf.ARRAY, (gguf.I32, types)),
        ("tokenizer.ggml.merges", gguf.ARRAY, (s, [" ".join(merge) for merge in tokenizer.merges])),
        ("tokenizer.ggml.bos_token_id", gguf.U32, BOS), ("tokenizer.ggml.eos_token_id", gguf.U32, EOS),
        ("tokenizer.ggml.eot_token_id", gguf.U32, IM_END), ("tokenizer.ggml.add_bos_token", gguf.BOOL, True),
        ("tokenizer.ggml.add_eos_token", gguf.BOOL, False), ("tokenizer.chat_template", s, CHAT_TEMPLATE),
        ("inferno.examples", s, json.dumps(EXAMPLES)),
    ]


def tensors(model, f32):
    matrix = gguf.TENSOR_F32 if f32 else gguf.TENSOR_Q8_0
    for name, values in model.state_dict().items():
        name = name.replace("layers.", "blk.")
        yield name, values.numpy(), gguf.TENSOR_F32 if values.ndim == 1 else matrix


def silence(model, name):
    """Head "L2H4" reads as before, but what it read reaches nothing."""
    layer, head = (int(part) for part in name.removeprefix("L").split("H"))
    first = head * model.shape.d_head
    model.layers[layer].attn_output.weight.data[:, first : first + model.shape.d_head] = 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--f32", action="store_true")
    parser.add_argument("--checkpoint", default="checkpoint.pt")
    parser.add_argument("--without", action="append", default=[], metavar="L2H4")
    given = parser.parse_args()
    model, tokenizer = load_model(given.folder, given.checkpoint), Tokenizer.load(given.folder / "tokenizer.json")
    for name in given.without:
        silence(model, name)
    gguf.write(given.out, metadata(model.shape, tokenizer, given.f32), list(tensors(model, given.f32)))
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
