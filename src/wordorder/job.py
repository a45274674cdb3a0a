"""One run's config, checked and turned into objects, before anything is written anywhere."""

from collections.abc import Sequence
from copy import deepcopy
from functools import cached_property
from pathlib import Path

import torch

from wordorder import identity
from wordorder.check import Config, check, make
from wordorder.data.rows import Packing
from wordorder.data.token_store import TokenStore
from wordorder.devices import choose_device, count_processes
from wordorder.errors import InputError
from wordorder.evaluation.base import Evaluation
from wordorder.folder_names import to_folder_name
from wordorder.model.attention import choose_kernel
from wordorder.model.transformer import Transformer
from wordorder.opening import open_parent
from wordorder.position.base import PositionScheme
from wordorder.record.mirror import Mirror
from wordorder.scalars import check_scalars
from wordorder.source.base import Source
from wordorder.text_fits import refuse_long_documents, refuse_short_text
from wordorder.tokenizer.base import Tokenizer
from wordorder.training.dropout import drops
from wordorder.training.fit import Fit
from wordorder.training.intervals import Intervals
from wordorder.training.optimizer import AdamW
from wordorder.training.place import place_given
from wordorder.training.schedule import Schedule

ON_VALIDATION = {  # what a tuning run is asked: no choice may see the split that final scores are of
    "bits_per_byte": {"_target_": "wordorder.evaluation.bits_per_byte.BitsPerByte", "split": "val", "tokens": 0}
}


class Job:
    """What one run is made of. `choices` names the yaml of each group, such as {"position": "rope"}, and `words` are those
    that are typed for this run alone.

    Building one checks everything that can be checked without work: names, types, ranges, sizes that must agree, that the
    text is there and long enough. Raises InputError.
    """

    def __init__(
        self, config: Config, choices: dict[str, str], *, allow: tuple[str, ...] = (), words: Sequence[str] = ()
    ):
        self.config, self.choices, self.words = config, choices, list(words)
        check_scalars(config)
        check(config["model"], "model", allow=allow, given=("vocab_size", "position"))
        self.source: Source = make(config["source"], "source", allow=allow)
        self.tokenizer: Tokenizer = make(config["tokenizer"], "tokenizer", allow=allow)
        self.tokenizer.check()
        self.packing: Packing = make(config["data"], "data", allow=allow)
        self.layout = self.packing.layout_of(self.source)
        self.position: PositionScheme = make(config["position"], "position", allow=allow)
        self.optimizer: AdamW = make(config["optimizer"], "optimizer", allow=allow)
        self.schedule: Schedule = make(config["schedule"], "schedule", allow=allow)
        self.fit: Fit = make(config["trainer"], "trainer", allow=allow)
        self.intervals: Intervals = make(config["record"], "record", allow=allow)
        self.mirror: Mirror = make(config["logger"], "logger", allow=allow)
        self.evaluations = self.make_evaluations(allow)
        self.device = choose_device(config["device"])
        self.place = place_given() if config["devices"] != 1 else None  # of one among those that train together
        self.processes = count_processes(
            config["devices"], device=self.device, threads=self.fit.threads, place=self.place
        )
        self.parent = open_parent(config, self.tokenizer) if config["initialize_from"] else None
        self.check_model(allow)
        self.check_text()

    def make_evaluations(self, allow: tuple[str, ...]) -> dict[str, Evaluation]:
        """Those of the config. A tuning run is asked another one, but its config is checked as that of the runs to come."""

        def all_of(nodes: Config) -> dict[str, Evaluation]:
            return {name: make(node, f"evaluation.{name}", allow=allow) for name, node in nodes.items()}

        asked = all_of(self.config.setdefault("evaluation", {}))
        if not self.config["tuning"]:
            return asked
        self.config["evaluation"] = deepcopy(ON_VALIDATION)
        return all_of(self.config["evaluation"])

    def check_model(self, allow: tuple[str, ...]) -> None:
        """Build the model without memory, and hold it against the scheme."""
        with torch.device("meta"):
            model: Transformer = make(
                self.config["model"], "model", allow=allow, vocab_size=256, position=PositionScheme()
            )
        if self.packing.context_unit == "tokens":
            self.check_limit(model.context_length)
        try:
            self.fit.refuse_uneven(self.processes, dropout=drops(model) or drops(self.position))
        except ValueError as error:
            raise InputError(f"trainer.{error}") from error
        packed = self.layout == "stream" and not self.packing.attend_across
        try:
            self.kernel = choose_kernel(self.position, model.kernel, device=self.device, packed=packed)
        except ValueError as error:
            raise InputError(f"model.{error}") from error

    @property
    def threads(self) -> int:
        """Of all processes together."""
        return self.processes * self.fit.threads

    def check_limit(self, length: int) -> None:
        """InputError for a context of more tokens than the scheme has positions."""
        try:
            self.position.check_length(length)
        except ValueError as error:
            asked = self.config["model"]["context_length"]
            raise InputError(f"position={self.choices['position']} model.context_length={asked}: {error}") from error

    def check_text(self) -> None:
        """Raise InputError or ValueError for a text that does not fill a window, or a document too long for its row."""
        length = self.config["model"]["context_length"]
        if self.layout != "document":
            refuse_short_text(self.source, self.config["tokenizer"], length)
        elif self.packing.context_unit == "tokens":
            refuse_long_documents(self.source, self.config["tokenizer"], length)

    def make_model(self, store: TokenStore) -> Transformer:
        """The model with its keyed initial weights, on the CPU; the tokenizer must be trained and the scheme bound to it."""
        length = self.packing.context_tokens(self.config["model"]["context_length"], store)
        self.check_limit(length)
        node = self.config["model"] | {"context_length": length}
        model: Transformer = make(node, "model", vocab_size=self.tokenizer.n_ids, position=self.position)
        return model.initialise(self.config["weight_seed"])

    @cached_property
    def source_digest(self) -> str:
        """The source's, asked once: it may have to read every text."""
        return self.source.digest()

    @cached_property
    def identity(self) -> str:
        parent = self.parent.facts["digests"]["weights"] if self.parent else ""
        return identity.training_identity(
            self.config,
            source_digest=self.source_digest,
            tokenizer_contents=self.tokenizer.contents(),
            parent_weights=parent,
        )

    @property
    def output_dir(self) -> Path:
        return Path(self.config["output_dir"])

    @property
    def folder(self) -> Path:
        """<position>-<tokenizer>-<source>-s<seed>-<identity>, a name that can be typed."""
        words = [self.choices[group] for group in ("position", "tokenizer", "source")]
        name = "-".join([*words, f"s{self.config['seed']}", self.identity[:8]])
        return self.output_dir / self.config["name"] / to_folder_name(name)

    def evaluation_ids(self) -> dict[str, str]:
        """The identity of each evaluation asked for."""
        digest, nodes = self.source_digest, self.config["evaluation"].items()
        return {name: identity.evaluation_identity(node, source_digest=digest, overrides={}) for name, node in nodes}
