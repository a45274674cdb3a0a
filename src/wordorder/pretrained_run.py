"""pretrained_run: a model that someone else trained, from its Hugging Face folder to a record like that of a run.

Before and after every document stands the checkpoint's own begin token (bos), where it has none its end token (eos). Text is
scored after it as the model was trained to read it. Where bos and eos differ, the end of a document is scored as the next
bos, which the model learned to expect after an eos only: `bits_per_byte`, which counts text alone, is then the number to
read, and `bits_per_byte_with_end` is too high by what these surprises cost.
"""

from pathlib import Path

import torch

from wordorder.check import Config, make
from wordorder.data.building import open_store
from wordorder.data.rows import Packing
from wordorder.devices import choose_device
from wordorder.errors import InputError
from wordorder.evaluation.base import Subject
from wordorder.hugging_face.files import read_config
from wordorder.hugging_face.folder import from_hugging_face, read_nodes
from wordorder.model.transformer import Transformer
from wordorder.position.base import PositionScheme
from wordorder.source.base import Source
from wordorder.tokenizer.base import Tokenizer


class PretrainedRun:
    """A folder and a text, by the config of an evaluation. `choices` names the yaml of each group.

    Building one checks what can be checked before weights are read. Raises InputError.
    """

    def __init__(self, config: Config, choices: dict[str, str]):
        self.config, self.choices = config, choices
        self.path = Path(config["hugging_face"]).expanduser().resolve()
        self.allow = ("wordorder", *config["allow"])
        self.nodes = self.read_folder()
        self.source: Source = make(config["source"], "source")
        self.source_digest = self.source.digest()
        self.packing: Packing = make(config["data"], "data")
        if self.packing.context_unit == "bytes":
            raise InputError("data.context_unit=bytes: the context of a pretrained model is one of tokens")
        self.device = choose_device(config["device"])
        self.context_length = config["context_length"] or self.nodes["model"]["context_length"]
        self.check_context()

    def read_folder(self) -> dict[str, Config]:
        """The nodes of its model and scheme."""
        key = f"hugging_face={self.config['hugging_face']}"
        try:
            model, position = read_nodes(read_config(self.path), tuple(self.config["allow"]))
        except InputError as error:
            raise InputError(f"{key}: {error}") from error
        if not (self.path / "tokenizer.json").is_file():
            raise InputError(
                f"{key} holds no tokenizer.json, without which there is no text: fetch it too; one in another format is "
                "converted by transformers.AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
            )
        return {"model": model, "position": position}

    def check_context(self) -> None:
        """InputError for a context that is none, or of more tokens than the scheme has positions."""
        asked = self.config["context_length"]
        if asked < 0:
            raise InputError(f"context_length={asked} must not be negative; 0 takes what config.json says")
        with torch.device("meta"):  # a table needs no memory to say how long it is
            scheme: PositionScheme = make(self.nodes["position"], "position", allow=self.allow)
        try:
            scheme.check_length(self.context_length)
        except ValueError as error:
            raise InputError(f"context_length={self.context_length}: {error}") from error

    def load(self, position: Config) -> Subject:
        """The model under this scheme, and the text as it reads it."""
        model, tokenizer = from_hugging_face(self.path, position=position, allow=tuple(self.config["allow"]))
        self.check_tokenizer(model, tokenizer)
        store = open_store(self.source, tokenizer, Path(self.config["output_dir"]) / "token_store")
        model.context_length = self.context_length  # the trained length, as evaluations see it
        layout, across = self.packing.layout_of(self.source), self.packing.attend_across
        return Subject(model.to(self.device), tokenizer, store, self.device, layout=layout, attend_across=across)

    def check_tokenizer(self, model: Transformer, tokenizer: Tokenizer) -> None:
        """InputError for one that loses text, if that is not allowed, or whose text has ids that the model has not."""
        key = f"hugging_face={self.config['hugging_face']}"
        if not (tokenizer.lossless or self.config["allow_lossy"]):
            raise InputError(
                f"{key}: its tokenizer does not give back every text, and bits per byte needs one that does; "
                "allow_lossy=true gives numbers that compare with no other tokenizer's"
            )
        if not tokenizer.end_token:
            raise InputError(
                f"{key}: config.json has no bos_token_id and no eos_token_id, to be put around documents: say one there, "
                "the id of a token that tokenizer.json adds"
            )
        largest = max([tokenizer.end_id, *(i for i, token in enumerate(tokenizer.vocab) if token)])
        if largest >= model.embedding.num_embeddings:
            raise InputError(
                f"{key}: its tokenizer gives ids up to {largest}, and its model has {model.embedding.num_embeddings} "
                "rows: one of the two is of another model"
            )
