"""Train the evidence ranker: a small cross-encoder that reads a question and a sentence in its context.

    python -m eval.train_ranker --data FOLDER --out .index/training/ranker.pt

It starts from the bundled MiniLM and learns from the open sets of FOLDER (`SETS`, with how many questions of each)
to score "this sentence answers it". A group is one question with one sentence that answers and a few of the same
passage that do not, the ones that share most words with the question first; an unanswerable question is a group
without an answer. The loss is the listwise softmax over a group (Cao and others, 2007) plus the binary
cross-entropy of every pair, so that scores can be compared between questions and a low best score means "none".
Word embeddings are kept as they are: they are two thirds of the weights and a pass over 22,000 questions cannot improve them.

On 2 cores with bfloat16 one pass takes about an hour; a GPU is used when there is one. Seeds are fixed; a checkpoint is
written every 20 steps and training goes on from it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.encoders import ReferenceEncoder
from index.export import one_text_module, write_int8
from index.pairs import pair_ids
from index.terms import query_terms, split_terms
from rag.ranker import MODEL

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

# Questions taken of each set; all are open (licences in the card). Colloquial and templated ones are weighed down.
SETS = {
    "squad-train-800ctx": 2600,
    "squad-train-pairs": 500,
    "squadshifts-newwiki": 1700,
    "squadshifts-reddit": 200,
    "squadshifts-amazon": 200,
    "qed": 1245,
    "selqa": 1400,
    "timeqa-human-train": 1000,
    "tatqa": 400,
    "pira": 400,
    "onestopqa": 500,
    "sleepqa": 400,
    "hotpotqa-sample": 400,
    "fairytaleqa": 400,
    "medquad": 100,
    "qamr": 200,
    "molweni-test": 200,
}
NEGATIVES = 3
BATCH = 16  # groups
CHUNK = 16  # pairs run at once, of like length, so that little padding is computed
RATE = 1.5e-4
WARM_UP = 0.06
LISTWISE = 1.0
SEED = 7


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a sentence with what stands around it, and whether the sentence answers."""

    question: str
    sentence: str
    context: str
    answers: bool


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of training sets")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go; a checkpoint lies beside it")
    parser.add_argument("--onnx", type=Path, default=MODEL, help="where the int8 graph goes (default: the shipped one)")
    parser.add_argument("--passes", type=float, default=1.0, help="passes over the questions")
    args = parser.parse_args()
    groups = read_groups(args.data)
    if not args.out.exists():
        train(groups, args.out, passes=args.passes)
    export(args.out, groups, args.onnx)


def read_groups(data: Path) -> list[list[Pair]]:
    """Read the groups of all sets, shuffled."""
    rng = random.Random(SEED)  # noqa: S311 - shuffling, not secrets
    groups = []
    for name, most in SETS.items():
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as stream:
            rows = [json.loads(line) for line in stream]
        rng.shuffle(rows)
        groups += [group for row in rows[:most] if len(group := _group(row, rng)) > 1]
    rng.shuffle(groups)
    return groups


def _group(row: dict[str, Any], rng: random.Random) -> list[Pair]:
    right = [place for place, label in enumerate(row["labels"]) if label]
    wrong = [place for place, label in enumerate(row["labels"]) if not label]
    asked = set(query_terms(row["question"]))
    wrong.sort(key=lambda place: (-len(asked & set(split_terms(row["sentences"][place]))), rng.random()))
    hard, rest = wrong[: NEGATIVES - 1], wrong[NEGATIVES - 1 :]
    chosen = ([rng.choice(right)] if right else []) + hard + ([rng.choice(rest)] if rest else [])
    return [_pair(row, place) for place in chosen]


def _pair(row: dict[str, Any], place: int) -> Pair:
    before = row["sentences"][place - 1] if place else ""
    context = f"{row['title'] or ''} {before}".strip()
    return Pair(row["question"], row["sentences"][place], context, bool(row["labels"][place]))


def train(groups: list[list[Pair]], out: Path, *, passes: float) -> None:
    """Train over the groups and write the weights to `out`."""
    import torch

    torch.manual_seed(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    encoder = ReferenceEncoder()
    model = build_model(encoder).to(device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.01)
    steps = int(passes * len(groups)) // BATCH
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (WARM_UP * steps), max(0.0, (steps - step) / steps))
    )
    checkpoint = out.with_suffix(".checkpoint")
    first = _resume(checkpoint, model, optimiser, schedule)
    started, running = time.monotonic(), 0.0
    for step in range(first, steps):
        batch = [groups[(step * BATCH + i) % len(groups)] for i in range(BATCH)]
        loss = _loss(model, encoder.tokenizer, batch, device)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        running = 0.98 * running + 0.02 * loss.item() if running else loss.item()
        if (step + 1) % 20 == 0:
            _save(checkpoint, step + 1, model, optimiser, schedule)
            print(
                f"step {step + 1}/{steps}  loss {running:.4f}  {(time.monotonic() - started) / (step + 1 - first):.2f} s a step", flush=True
            )
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), out)


def build_model(encoder: ReferenceEncoder) -> torch.nn.Module:
    """Return the untrained ranker: the bundled transformer, the mean over its tokens, one linear map to a score."""
    from torch import nn

    class Ranker(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = encoder.transformer()
            self.score = nn.Linear(self.bert.config.hidden_size, 1)
            self.bert.embeddings.word_embeddings.weight.requires_grad = False

        def forward(self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
            mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            scores: torch.Tensor = self.score(mean)[:, 0]
            return scores

    return Ranker().train()


def export(weights: Path, groups: list[list[Pair]], onnx: Path) -> None:
    """Write trained weights as the int8 graph that is shipped; 7 bits, so that it runs alike on every CPU."""
    import torch

    encoder = ReferenceEncoder()
    model = build_model(encoder).eval()
    model.load_state_dict(torch.load(weights, weights_only=True))
    pairs = [pair for group in groups[:64] for pair in group]
    rows = [pair_ids(encoder.tokenizer, pair.question, pair.sentence, pair.context) for pair in pairs]
    samples = [tuple(torch.tensor(part) for part in row) for row in rows]
    module = one_text_module(model.bert, model.score)
    write_int8(module, samples, onnx, inputs=["ids", "types"], output="score", reduce_range=True)


def _loss(model: torch.nn.Module, tokenizer: Tokenizer, batch: list[list[Pair]], device: str) -> torch.Tensor:
    import torch
    from torch.nn import functional

    pairs = [pair for group in batch for pair in group]
    rows = [pair_ids(tokenizer, pair.question, pair.sentence, pair.context) for pair in pairs]
    order = sorted(range(len(rows)), key=lambda row: len(rows[row][0]))
    chunks = [_score(model, [rows[row] for row in order[at : at + CHUNK]], device) for at in range(0, len(order), CHUNK)]
    scores = torch.cat(chunks)[torch.tensor(order, device=device).argsort()]
    labels = torch.tensor([float(pair.answers) for pair in pairs], device=device)
    loss = functional.binary_cross_entropy_with_logits(scores, labels)
    place, lists = 0, []
    for group in batch:
        if group[0].answers:
            lists.append(-torch.log_softmax(scores[place : place + len(group)], 0)[0])
        place += len(group)
    return loss + LISTWISE * torch.stack(lists).mean() if lists else loss


def _score(model: torch.nn.Module, rows: list[tuple[list[int], list[int]]], device: str) -> torch.Tensor:
    import torch

    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in rows], device=device)
    types = torch.tensor([types + [0] * (width - len(types)) for _, types in rows], device=device)
    with torch.autocast(device, dtype=torch.bfloat16):
        scores: torch.Tensor = model(ids, types, (ids != 0).long()).float()
    return scores


def _save(path: Path, step: int, model: Any, optimiser: Any, schedule: Any) -> None:
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    state = {"step": step, "model": model.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _resume(path: Path, model: Any, optimiser: Any, schedule: Any) -> int:
    import torch

    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])


if __name__ == "__main__":
    main()
