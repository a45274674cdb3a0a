"""How often a run is logged, validated and checkpointed."""


class Intervals:
    """In steps, tokens and seconds; none of it changes the weights."""

    def __init__(
        self,
        *,
        log_steps: int,
        validate_steps: int,
        validate_tokens: int,
        checkpoint_steps: int,
        checkpoint_seconds: float,
    ):
        if log_steps < 1:
            raise ValueError(f"log_steps={log_steps} must be at least 1")
        for name, value in (("validate_steps", validate_steps), ("checkpoint_steps", checkpoint_steps)):
            if value < 0:
                raise ValueError(f"{name}={value} must not be negative; 0 means never")
        if validate_tokens < 1:
            raise ValueError(f"validate_tokens={validate_tokens} must be at least 1")
        if checkpoint_seconds < 0:
            raise ValueError(f"checkpoint_seconds={checkpoint_seconds} must not be negative; 0 means never")
        self.log_steps, self.validate_steps, self.validate_tokens = log_steps, validate_steps, validate_tokens
        self.checkpoint_steps, self.checkpoint_seconds = checkpoint_steps, checkpoint_seconds
