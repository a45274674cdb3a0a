"""One optimizer step, exactly: the nats of the scored tokens of the whole batch, divided by their number, however it is cut."""

import lightning
import torch
from torch import Tensor

from wordorder.data.batch import UNSCORED, Batch
from wordorder.model.seeding import seed_of
from wordorder.model.transformer import Transformer, make_context
from wordorder.training.dropout import drops
from wordorder.training.group import ALONE, Group
from wordorder.training.optimizer import AdamW
from wordorder.training.schedule import Schedule


class LightningLM(lightning.LightningModule):
    """The model under training. What each step measured waits on the device in `measured` until the recorder takes it."""

    def __init__(
        self,
        model: Transformer,
        optimizer: AdamW,
        schedule: Schedule,
        *,
        n_steps: int,
        micro_batch_size: int,
        gradient_clip: float,
        weight_seed: int,
        compile: bool,
        group: Group = ALONE,
    ):
        super().__init__()
        self.automatic_optimization = False  # accumulation and the loss's denominator are ours
        self.model, self.recipe, self.schedule = model, optimizer, schedule
        self.n_steps, self.micro_batch_size, self.gradient_clip = n_steps, micro_batch_size, gradient_clip
        self.weight_seed, self.group = weight_seed, group
        self.has_dropout = drops(model)
        self.nats = torch.compile(self.sum_nats) if compile else self.sum_nats
        self.measured: list[tuple[Tensor, ...]] = []  # nats, scored tokens, all tokens but padding, gradient norm

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self.recipe.build(self.model)

    def on_train_start(self) -> None:
        self.group.spread(self.model.parameters())

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        step = self.trainer.global_step
        self.model.position.at_step(step, self.n_steps)
        optimizer = self.optimizers()
        for group in optimizer.param_groups:
            group["lr"] = self.recipe.lr * self.schedule.factor(step, self.n_steps)
        nats, n_scored = self.accumulate(batch, step)
        self.group.sum_gradients(self.model.parameters())
        nats, n_tokens = self.group.sum(torch.stack([nats.double(), batch.tokens_B.sum().double()]))
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.gradient_clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        self.measured.append((nats, n_scored, n_tokens, norm))

    def accumulate(self, batch: Batch, step: int) -> tuple[Tensor, Tensor]:
        """Gradients of nats / scored tokens of the batch, in pieces of micro_batch_size rows; returns both sums.

        Of several processes each has its share of the rows: nats and gradients are of these, scored tokens of all.
        """
        n_scored = self.group.sum((batch.target_BT != UNSCORED).sum())
        first = self.group.rank * len(batch.ids_BT)  # this share's, in the whole batch
        nats = torch.zeros((), device=batch.ids_BT.device)
        for number, piece in enumerate(batch.cut(self.micro_batch_size)):
            if self.has_dropout:
                torch.manual_seed(seed_of("dropout", self.weight_seed, step, first + number * self.micro_batch_size))
            piece_nats = self.nats(piece, step)
            self.manual_backward(piece_nats / n_scored.clamp(min=1))
            nats = nats + piece_nats.detach()
        return nats, n_scored

    def sum_nats(self, piece: Batch, step: int) -> Tensor:
        """The negative log likelihood of all scored targets, in nats, summed."""
        context = make_context(piece.ids_BT, document_BS=piece.document_BT, row_B=piece.row_B, step=step)
        return self.model.sum_nats(self.model.hidden(context), piece.target_BT, unscored=UNSCORED)
