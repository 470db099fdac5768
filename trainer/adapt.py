"""Teaches a trained network more words, or another signer, from a few takes of each. `adapt` is the whole of it.

What keeps the old words: their takes are rehearsed in every step, and the old network's answers to these are held on
to (distillation; Li and Hoiem, "Learning without Forgetting", ECCV 2016). A new word's output starts as the mean of
what the network makes of its takes (Qi, Brown and Lowe, "Low-Shot Learning with Imprinted Weights", CVPR 2018), so that
it reads the word passably before the first step, and few steps are needed.

Shape legend: B takes, D width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize, softmax
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard import SummaryWriter
from tqdm import trange

from models.labels import Sign
from trainer.ancestor import Ancestor
from trainer.augment import Batch, augment
from trainer.batches import Batches
from trainer.network import Recogniser
from trainer.no_sign import spoil
from trainer.recipe import Recipe
from trainer.split import Split
from trainer.store import Store
from trainer.train import BEST, LAST, TrainingState, classes_of, note_run, read_logits, untrained, write_whole


@dataclass(frozen=True, slots=True)
class Adaptation:
    """How to teach; what is not said here is the ancestor's recipe."""

    ancestor: str
    epochs: int = 15
    steps: int = 16  # an epoch
    batch_size: int = 32  # takes to learn, and as many to rehearse
    learning_rate: float = 1.5e-3
    hold: float = 1.0  # weight of the old network's answers
    softness: float = 2.0  # temperature at which answers are compared
    average: float = 0.98


class Teaching:
    """One step's loss: takes to learn and takes to rehearse, these held against the old network's answers."""

    def __init__(self, old: Recogniser, recipe: Recipe, adaptation: Adaptation, random: torch.Generator) -> None:
        self._old = old
        self._recipe = recipe
        self._adaptation = adaptation
        self._random = random

    def loss(self, new: Recogniser, learned: tuple[Batch, Tensor], rehearsed: tuple[Batch, Tensor]) -> Tensor:
        """Cross entropy of both batches, each with its classes [B], and how far the old answers have moved.

        No sign is made of rehearsed takes alone: joined pieces of a few takes of a few words look too much like them.
        """
        batch, truth = learned
        features = _features(new, augment(batch, self._recipe.augmentation, self._random), truth.device)
        loss = self._wrong(new.network(*features), truth)
        batch, truth = rehearsed
        changed = augment(batch, self._recipe.augmentation, self._random)
        changed, spoilt = spoil(changed, self._recipe.no_sign_share, self._random)
        features = _features(new, changed, truth.device)
        logits = new.network(*features)
        with torch.no_grad():
            before = self._old.network(*features)
        truth = torch.where(spoilt.to(truth.device), new.network.classes - 1, truth)
        return loss + self._wrong(logits, truth) + self._adaptation.hold * self._moved(logits, before)

    def _wrong(self, logits: Tensor, truth: Tensor) -> Tensor:
        return cross_entropy(logits, truth, label_smoothing=self._recipe.label_smoothing)

    def _moved(self, logits: Tensor, before: Tensor) -> Tensor:
        """Divergence of the answers over what both networks have an output for: the old signs, and no sign."""
        soft = self._adaptation.softness
        shared = torch.cat([logits[:, : before.shape[1] - 1], logits[:, -1:]], 1)
        return kl_div(log_softmax(shared / soft, -1), softmax(before / soft, -1), reduction="batchmean") * soft**2


def adapt(
    store: Store,
    split: Split,
    ancestor: Ancestor,
    signs: Sequence[Sign],
    adaptation: Adaptation,
    folder: Path,
    seed: int,
    device: str,
) -> None:
    """Teach from the beginning, or go on from `last.pt` in the run folder.

    The store holds the ancestor's takes first; `signs` are the ancestor's and then the new ones. Raises RunUnusable.
    """
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    rehearsed = [number for number in split.train if number < len(ancestor.takes)]
    learned = [number for number in split.train if number >= len(ancestor.takes)]
    batches, labels = Batches(store), classes_of(store, signs).to(device)
    old = ancestor.recogniser().to(device)
    new = grown(old, ancestor, signs, batches, learned, rehearsed, labels, device).to(device)
    average = AveragedModel(new, multi_avg_fn=get_ema_multi_avg_fn(adaptation.average), use_buffers=True)
    optimizer = torch.optim.AdamW(new.parameters(), adaptation.learning_rate, weight_decay=ancestor.recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, adaptation.learning_rate, adaptation.epochs * adaptation.steps, pct_start=0.1
    )
    state = TrainingState(new, average, optimizer, schedule, random)
    note_run(
        store, split, signs, ancestor.recipe, folder, seed, asdict(adaptation) | {"rehearsed": len(ancestor.takes)}
    )
    done, _ = state.load(folder / LAST) if (folder / LAST).is_file() else (0, 0.0)

    teaching = Teaching(old, ancestor.recipe, adaptation, random)
    fresh = batches.draw(learned, adaptation.batch_size, random)
    known = batches.draw(rehearsed, adaptation.batch_size, random)
    with SummaryWriter(str(folder), purge_step=done) as curves:
        for epoch in trange(done, adaptation.epochs, initial=done, total=adaptation.epochs, desc="teach", unit="epoch"):
            total = 0.0
            train_all_but_norms(new)
            for _ in range(adaptation.steps):
                loss = teaching.loss(new, _with_classes(fresh, labels), _with_classes(known, labels))
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(new.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                average.update_parameters(new)
                total += float(loss.detach())
            curves.add_scalar("loss/train", total / adaptation.steps, epoch)
            write_whole(average.module.state_dict(), folder / BEST)
            state.save(folder / LAST, epoch + 1, float(epoch))


def train_all_but_norms(network: nn.Module) -> None:
    """Set the network to training, but for what batches are normalised by: a few takes must not move that."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.eval()


def grown(
    old: Recogniser,
    ancestor: Ancestor,
    signs: Sequence[Sign],
    batches: Batches,
    learned: Sequence[int],
    rehearsed: Sequence[int],
    labels: Tensor,
    device: str,
) -> Recogniser:
    """The network with an output for each new sign, between those of the old signs and of no sign.

    A new row points where the embeddings of the sign's takes lie, seen from the middle of all, and is as long as an old
    row; its bias makes it as sure of these takes as old rows are of theirs.
    """
    network = untrained(ancestor.recipe, signs)
    before, known = dict(old.state_dict()), len(ancestor.signs)
    output = _output_name(old)
    weight, bias = before.pop(f"{output}.weight"), before.pop(f"{output}.bias")
    taught = embed(old, batches, learned, device)
    kept = embed(old, batches, rehearsed, device)
    middle, length = kept.mean(0), weight[:-1].norm(dim=1).mean()
    own = (kept @ weight.T + bias).gather(1, labels[list(rehearsed)][:, None]).mean()
    rows, biases = [], []
    for number in range(known, len(signs)):
        mean = taught[labels[list(learned)] == number].mean(0)
        rows.append(length * normalize(mean - middle, dim=0))
        biases.append(own - rows[-1] @ mean)
    if rows:
        weight = torch.cat([weight[:-1], torch.stack(rows), weight[-1:]])
        bias = torch.cat([bias[:-1], torch.stack(biases), bias[-1:]])
    network.load_state_dict({**before, f"{output}.weight": weight, f"{output}.bias": bias})
    return network


def embed(recogniser: Recogniser, batches: Batches, numbers: Sequence[int], device: str) -> Tensor:
    """What the output layer is given for some takes as they were recorded, [B, D]."""
    caught: list[Tensor] = []
    layer = recogniser.get_submodule(_output_name(recogniser))
    hook = layer.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0]))
    try:
        _ = read_takes(recogniser, batches, numbers, device)
    finally:
        hook.remove()
    return torch.cat(caught)


def read_takes(recogniser: Recogniser, batches: Batches, numbers: Sequence[int], device: str) -> Tensor:
    """Logits [B, signs + 1] of stored takes as they were recorded."""
    recogniser.eval()
    with torch.no_grad():
        pieces = [
            read_logits(recogniser, batches, numbers[start : start + 64], device)
            for start in range(0, len(numbers), 64)
        ]
    return torch.cat(pieces)


def _output_name(recogniser: Recogniser) -> str:
    """The name of the layer that gives the logits: the last linear one with a row for each class."""
    classes = recogniser.network.classes
    names: list[str] = [
        name
        for name, module in recogniser.named_modules()
        if isinstance(module, nn.Linear) and module.out_features == classes
    ]
    return names[-1]


def _features(recogniser: Recogniser, batch: Batch, device: torch.device) -> tuple[Tensor, ...]:
    with torch.no_grad():
        features: tuple[Tensor, ...] = recogniser.preprocess.features(*(part.to(device) for part in batch))
    return features


def _with_classes(draws: Iterator[tuple[Batch, Tensor]], labels: Tensor) -> tuple[Batch, Tensor]:
    batch, drawn = next(draws)
    return batch, labels[drawn]
