"""The learning rate as a pure function of the step: a factor on the optimizer's lr."""

import math


class Schedule:
    """Warm-up over a share of all steps, then what `after` says of the share of the rest that is done."""

    def __init__(self, *, warmup: float):
        if not 0 <= warmup < 1:
            raise ValueError(f"warmup={warmup} is a share of all steps and must lie in [0, 1)")
        self.warmup = warmup

    def factor(self, step: int, n_steps: int) -> float:
        """The factor for step 0 .. n_steps - 1; never zero, so that no step is wasted."""
        n_warmup = round(self.warmup * n_steps)
        if step < n_warmup:
            return (step + 1) / n_warmup
        return self.after((step - n_warmup) / max(1, n_steps - n_warmup))

    def after(self, done: float) -> float:
        raise NotImplementedError


class Cosine(Schedule):
    """Half a cosine from 1 down to `final` (Loshchilov and Hutter 2016, 1608.03983)."""

    def __init__(self, *, warmup: float, final: float):
        super().__init__(warmup=warmup)
        if not 0 <= final <= 1:
            raise ValueError(f"final={final} is a factor on lr and must lie in [0, 1]")
        self.final = final

    def after(self, done: float) -> float:
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * done))


class Rewarm(Cosine):
    """A cosine up to a share of all steps and a second one from there, each with its warm-up, as for a scheme that is
    dropped on the way (Gelberg et al. 2025, 2512.12167)."""

    def __init__(self, *, warmup: float, at: float, final: float):
        super().__init__(warmup=warmup, final=final)
        if not 0 < at < 1:
            raise ValueError(f"at={at} is a share of all steps and must lie in (0, 1); give position.drop_at the same")
        self.at = at

    def factor(self, step: int, n_steps: int) -> float:
        first = round(self.at * n_steps)
        return super().factor(step, first) if step < first else super().factor(step - first, n_steps - first)


class Trapezoid(Schedule):
    """Flat, then straight down to `final` over the last `cooldown` of all steps after warm-up (Haegele et al. 2024, 2405.18392)."""

    def __init__(self, *, warmup: float, cooldown: float, final: float):
        super().__init__(warmup=warmup)
        if not 0 < cooldown <= 1:
            raise ValueError(f"cooldown={cooldown} is a share of the steps after warm-up and must lie in (0, 1]")
        if not 0 <= final <= 1:
            raise ValueError(f"final={final} is a factor on lr and must lie in [0, 1]")
        self.cooldown, self.final = cooldown, final

    def after(self, done: float) -> float:
        left = min(1.0, (1 - done) / self.cooldown)
        return self.final + (1 - self.final) * left
