"""What is printed of chance: how large a difference between arms a plan's seeds can show, and how many seeds a small one takes."""

from pathlib import Path

from rich.console import Console

from wordorder.compare.noise import Noise
from wordorder.compare.paired import ALPHA
from wordorder.compare.power import POWER, minimum_detectable_effect, seeds_needed
from wordorder.compare.verdict import LEAST, MARGIN
from wordorder.sweep.noise import Floor, noise_floor, own_floor
from wordorder.sweep.telling import Looked, say
from wordorder.sweep.tuning import METRIC

FOLDER = "noise"  # of the experiment of that name


def tell_noise(console: Console, looked: Looked, *, n_arms: int, n_seeds: int, output_dir: Path) -> None:
    """Where arms are compared by bits per byte, what is known of their differences; of experiment=noise itself what it found.

    `looked`: the runs that are compared, as far as they are known; n_seeds: of each arm.
    """
    folder = output_dir / FOLDER
    measures = any(Path(run.folder).parent == folder for run, _ in looked)
    if not (measures or n_arms > 1) or any(METRIC not in run.evaluations for run, _ in looked):
        return
    floor = own_floor(looked) or noise_floor(folder)
    if floor:
        say(console, *(f"noise: {line}" for line in write_floor(floor)))
        if n_arms > 1 and floor.deviation:
            say(console, f"noise: {write_power(floor, n_seeds=n_seeds, n_compared=n_arms - 1)}")
    elif not measures:
        say(
            console,
            "noise: not measured yet; experiment=noise measures it, and then this says how many seeds an effect needs",
        )


def write_floor(floor: Floor) -> list[str]:
    """How much differences vary, and of experiment=noise what comes of which seed."""
    if floor.noise is None:
        return [f"sd of paired differences {floor.deviation:.3g} bits per byte ({floor.source})"]
    bound = f"sd of paired differences at most {floor.deviation:.3g} bits per byte where no seed helps one scheme and harms another"
    return [f"{bound} ({floor.source})", *write_components(floor.noise)]


def write_components(noise: Noise) -> list[str]:
    if noise.components is None:
        return []
    weight, data, rest = noise.components
    return [
        f"sd over weight seeds {weight:.3g}, over data seeds {data:.3g}, left over {rest:.3g} (variance components)"
    ]


def write_power(floor: Floor, *, n_seeds: int, n_compared: int) -> str:
    """What the seeds planned can show, and how many the margin takes, where so many arms are compared with one."""
    alpha = ALPHA / n_compared
    if n_seeds < LEAST:
        said = f"with {n_seeds} seed{'s' * (n_seeds > 1)} planned no effect is tested, which takes {LEAST}"
    else:
        effect = minimum_detectable_effect(n_seeds, floor.deviation, alpha=alpha)
        said = f"with the {n_seeds} seeds planned an effect of {effect:.3g} is found with power {POWER}"
    margin = MARGIN * floor.mean
    needed = seeds_needed(margin, floor.deviation, alpha=alpha)
    wanted = f"{100 * MARGIN:g} % of the bits per byte ({margin:.3g}) takes {needed:,}"
    return f"{said}; {wanted} (two-sided paired t-test at {ALPHA} / {n_compared})"
