"""A scheme's own weights: drawn by name and seed, beside all others, and nothing saved but them."""

from dataclasses import replace

import torch

from wordorder.contract.bench import Bench, demand
from wordorder.position.base import PositionScheme


def the_scheme_shifts_no_weight_but_its_own(bench: Bench) -> None:
    model, bare = bench.model(), replace(bench, make_scheme=lambda sizes: PositionScheme()).model()
    shared = {key: weight for key, weight in model.state_dict().items() if not key.startswith("position.")}
    shifted = [key for key, weight in bare.state_dict().items() if not torch.equal(shared[key], weight)]
    demand(not shifted, f"beside this scheme {', '.join(shifted)} are drawn otherwise than without")
    spent = sum(weight.numel() for weight in model.position.parameters())
    ours, theirs = model.count_parameters(), bare.count_parameters()
    demand(
        ours["position"] == spent == ours["total"] - theirs["total"],
        f"the scheme owns {spent} parameters, {ours['position']} are counted as position,"
        f" and the model grows by {ours['total'] - theirs['total']}",
    )


def own_weights_are_a_function_of_the_seed(bench: Bench) -> None:
    first, again, other = (dict(bench.model().initialise(seed).position.named_parameters()) for seed in (5, 5, 6))
    by_chance = [key for key in first if not torch.equal(first[key], again[key])]
    demand(
        not by_chance, f"{', '.join(by_chance)} differ when drawn twice from one seed: draw them from generator(name)"
    )
    before = dict(bench.model().position.named_parameters())
    forgotten = [key for key in first if torch.equal(first[key], before[key])]
    demand(not forgotten, f"initialise does not set {', '.join(forgotten)}")


def nothing_that_can_be_computed_is_saved(bench: Bench) -> None:
    scheme = bench.model().position
    computed = set(scheme.state_dict()) - {key for key, _ in scheme.named_parameters()}
    demand(not computed, f"{', '.join(sorted(computed))} would be saved: compute it from positions instead")
