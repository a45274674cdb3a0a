"""One training step of our Transformer against Hugging Face's Llama, GPT-2 and MPT and against x-transformers.

All have 4 layers, width 128, 4 heads, a tied head over 2048 tokens, no dropout, and take the same step: zero_grad, forward,
float32 cross-entropy of all targets (ours as it trains, in pieces), backward, clip at 1.0, fused AdamW. Each peer meets ours
with its own position scheme and block. Needs `pip install wordorder[benchmark]`.
"""

import argparse
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from benchmarks.measure import Ratio, Report, Row, machine_facts, median_ms, take_turns, times_faster
from torch import Tensor, nn

from wordorder.model.plain import PLAIN
from wordorder.model.transformer import Transformer, make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.frequencies.plain import Plain
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE
from wordorder.position.rope import RoPE

V, D, H, K, LAYERS, D_FF, D_SWIGLU = 2048, 128, 4, 32, 4, 512, 344  # 3 x 344 columns cost what 2 x 512 do
B, T = 32, 128
MODES = ("fp32 eager", "fp32 compiled", "bf16 eager", "bf16 compiled")


@dataclass(frozen=True)
class Contestant:
    name: str
    model: nn.Module
    sum_nats: Callable[[Tensor, Tensor], Tensor]  # of (ids, targets)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=10, help="turns of each model")
    parser.add_argument("--steps", type=int, default=2, help="steps in a turn")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)


def measure(arguments: argparse.Namespace) -> Report:
    """Time all pairs in all modes, and ours against the fastest of theirs."""
    torch.set_num_threads(arguments.threads)
    sizes = {"layers": LAYERS, "d_model": D, "heads": H, "d_ff": D_FF, "vocab": V, "rows": B, "tokens": T}
    settings = {**sizes, "rounds": arguments.rounds, "steps": arguments.steps, "threads": arguments.threads}
    report = Report("peers", settings, machine=machine_facts(("torch", "transformers", "x-transformers")))
    every: dict[str, dict[str, list[float]]] = {}
    for mode in arguments.modes:
        torch.compiler.reset()
        pairs = make_pairs()
        steps = {one.name: make_step(one, mode) for pair in pairs for one in pair}
        every[mode] = take_turns(steps, rounds=arguments.rounds, steps=arguments.steps, warmup=3, title=mode)
        report.tables[mode] = [compare(*pair, every[mode]) for pair in pairs]
    names = [[one.name for one in side] for side in zip(*make_pairs(), strict=True)]
    report.tables["fastest of ours against fastest of theirs"] = summarise(every, *names)
    return report


def compare(ours: Contestant, theirs: Contestant, seconds: dict[str, list[float]]) -> Row:
    """One row of a mode's table."""
    a, b = seconds[ours.name], seconds[theirs.name]
    return {
        "ours": ours.name,
        "theirs": theirs.name,
        "ours ms": median_ms(a),
        "theirs ms": median_ms(b),
        "ours tokens/s": B * T * 1e3 / median_ms(a),
        "theirs tokens/s": B * T * 1e3 / median_ms(b),
        "ours parameters": count(ours.model),
        "theirs parameters": count(theirs.model),
        "times faster": str(times_faster(a, b)),
    }


def summarise(every: dict[str, dict[str, list[float]]], ours: list[str], theirs: list[str]) -> list[Row]:
    """For each mode, and for the best mode of each side, the fastest contestant and the ratio of the two."""

    def fastest(mode: str, names: list[str]) -> tuple[float, str, str]:
        return min((median_ms(every[mode][name]), name, mode) for name in names)

    rows: list[Row] = []
    best = [min(fastest(mode, names) for mode in every) for names in (ours, theirs)]
    for mode, (a, b) in [(m, (fastest(m, ours), fastest(m, theirs))) for m in every] + [("best of each", tuple(best))]:
        ratio: Ratio = times_faster(every[a[2]][a[1]], every[b[2]][b[1]])
        rows.append({"mode": mode, "ours": f"{a[1]}, {a[2]}", "theirs": f"{b[1]}, {b[2]}", "times faster": str(ratio)})
    return rows


def make_step(one: Contestant, mode: str) -> Callable[[], object]:
    """The step that all take, on one fixed random batch."""
    ids_BT, target_BT = torch.randint(V, (2, B, T), generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.AdamW(one.model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    half = torch.autocast("cpu", torch.bfloat16) if mode.startswith("bf16") else contextlib.nullcontext()

    # all contestants share one function, and by default the ninth would quietly run uncompiled
    torch._dynamo.config.recompile_limit, torch._dynamo.config.fail_on_recompile_limit_hit = 64, True
    run = torch.compile(one.sum_nats, dynamic=False) if mode.endswith("compiled") else one.sum_nats

    def step() -> None:
        optimizer.zero_grad()
        with half:
            loss = run(ids_BT, target_BT) / target_BT.numel()
        loss.backward()
        nn.utils.clip_grad_norm_(one.model.parameters(), 1.0)
        optimizer.step()

    return step


def make_pairs() -> list[tuple[Contestant, Contestant]]:
    """Ours and theirs, with the same position scheme, norm, MLP and biases."""
    rope = RoPE(head_dim=K, theta=10000.0, layout="half", rotary_fraction=1.0, frequencies=Plain())
    learned = Learned(d_model=D, n_positions=T, offset=0, init_std=0.02)
    return [
        (ours("ours RoPE", rope, norm="rms_norm", activation="swiglu", d_ff=D_SWIGLU), llama()),
        (ours("ours learned", learned, bias=True), gpt2()),
        (ours("ours ALiBi", ALiBi(n_heads=H, learned=False)), mpt()),
        (ours("ours NoPE", NoPE()), x_transformers()),
    ]


def ours(name: str, position: PositionScheme, **options: object) -> Contestant:
    sizes = dict(d_model=D, n_layers=LAYERS, n_heads=H, n_kv_heads=H, head_dim=K, context_length=T)
    block = dict(d_ff=D_FF, norm="layer_norm", norm_eps=1e-5, activation="gelu", bias=False, dropout=0.0)
    rest = dict(tie_embeddings=True, init_std=0.02, kernel="auto")
    model = Transformer(V, position, **{**PLAIN, **sizes, **block, **rest, **options}).initialise(0)

    def sum_nats(ids_BT: Tensor, target_BT: Tensor) -> Tensor:
        return model.sum_nats(model.hidden(make_context(ids_BT)), target_BT, unscored=-1)

    return Contestant(name, model, sum_nats)


def theirs(name: str, model: nn.Module, logits: Callable[[Tensor], Tensor]) -> Contestant:
    """A peer that hands out logits, under the usual loss."""

    def sum_nats(ids_BT: Tensor, target_BT: Tensor) -> Tensor:
        logits_NV = logits(ids_BT).flatten(0, 1).float()
        return F.cross_entropy(logits_NV, target_BT.flatten(), ignore_index=-1, reduction="sum")

    return Contestant(name, model, sum_nats)


def hugging_face(name: str, model: nn.Module) -> Contestant:
    return theirs(name, model.train(), lambda ids_BT: model(ids_BT, use_cache=False).logits)


def llama() -> Contestant:
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = dict(hidden_size=D, num_hidden_layers=LAYERS, num_attention_heads=H, intermediate_size=D_SWIGLU)
    config = LlamaConfig(vocab_size=V, max_position_embeddings=T, tie_word_embeddings=True, use_cache=False, **sizes)
    config._attn_implementation = "sdpa"
    return hugging_face("Llama", LlamaForCausalLM(config))


def gpt2() -> Contestant:
    """With torch's own tanh GELU, which is the same function as its default and faster."""
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes = dict(n_embd=D, n_layer=LAYERS, n_head=H, n_inner=D_FF, n_positions=T, bos_token_id=0, eos_token_id=0)
    none = dict(resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, use_cache=False)
    config = GPT2Config(vocab_size=V, activation_function="gelu_pytorch_tanh", **sizes, **none)
    config._attn_implementation = "sdpa"
    return hugging_face("GPT-2", GPT2LMHeadModel(config))


def mpt() -> Contestant:
    from transformers import MptConfig, MptForCausalLM

    config = MptConfig(vocab_size=V, d_model=D, n_layers=LAYERS, n_heads=H, expansion_ratio=D_FF // D, max_seq_len=T)
    config.use_cache = False
    return hugging_face("MPT", MptForCausalLM(config))


def x_transformers() -> Contestant:
    from x_transformers import Decoder, TransformerWrapper

    own = dict(attn_flash=True, attn_dim_head=K, ff_mult=D_FF // D, ff_no_bias=True)
    layers = Decoder(dim=D, depth=LAYERS, heads=H, **own)
    wrapper = TransformerWrapper(
        num_tokens=V, max_seq_len=T, attn_layers=layers, use_abs_pos_emb=False, tie_embedding=True
    )
    return theirs("x-transformers", wrapper, wrapper)


def count(model: nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())
