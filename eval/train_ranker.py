"""Train the evidence ranker: a small cross-encoder that reads a question and a sentence in its context.

    python -m eval.train_ranker --data FOLDER --out .index/training/ranker

It starts from the bundled MiniLM and learns in two stages from `eval.groups` to score "this sentence answers it", and to point at the
words that do. The loss is the listwise softmax over a group (Cao and others, 2007), plus the binary cross-entropy of
every pair and its twin, so that scores can be compared between questions and a low best score means "none", plus
the cross-entropy of the first and last token of the exact answer where it is known (as BERT is trained on SQuAD). Word
embeddings are kept as they are: they are two thirds of the weights, and so little training cannot improve them. Of the wrong
sentences that a group holds, those are learned from that the ranker itself takes most for an answer. What is shipped is the mean of
both stages' weights.

On 2 cores with bfloat16 a stage takes about an hour and a half; a GPU is used when there is one. Seeds are fixed. A stage whose
weights are there is not trained again, and from a checkpoint, written every 20 steps, training goes on: after a change of
the data or of this script, choose another folder.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.groups import SEED, STAGES, Group, read_groups
from index.encoders import ReferenceEncoder
from index.export import one_text_module, write_int8
from index.pairs import answer_tokens, pair_ids
from rag.ranker import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from tokenizers import Tokenizer

    from eval.groups import Pair

BATCH = 16  # groups
CHUNK = 8  # pairs run at once, of like length, so that little padding is computed
WARM_UP = 0.06
HARDEST = 3  # wrong sentences of a group that are learned from: those the ranker itself takes most for an answer
LISTWISE = 1.0
SPANS = 0.3
SHARES = (0.4, 0.6)  # of the stages' weights in the shipped ones
CALIBRATION = {"squad-train-800ctx": 200}  # set and questions whose pairs show the export which channels are large
_SAMPLES = 256  # pairs of them


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of training sets")
    parser.add_argument("--out", type=Path, required=True, help="folder that the weights of each stage go to, with checkpoints")
    parser.add_argument("--onnx", type=Path, default=MODEL, help="where the int8 graph goes (default: the shipped one)")
    args = parser.parse_args()
    weights: list[Path] = []
    for number, stage in enumerate(STAGES, 1):
        out = args.out / f"stage{number}.pt"
        if not out.exists():
            train(read_groups(args.data, stage), out, rate=stage.rate, weights=weights[-1] if weights else None)
        weights.append(out)
    export(average(weights, SHARES), read_groups(args.data, STAGES[0], CALIBRATION), args.onnx)


def train(groups: Sequence[Group], out: Path, *, rate: float, weights: Path | None = None) -> None:
    """Train over the groups once and write the weights to `out`.

    Args:
        groups: What to learn from.
        out: Where the weights go; a checkpoint lies beside it, from which an interrupted run goes on.
        rate: Learning rate at its highest.
        weights: Where to start from; the bundled model when None.
    """
    import torch

    torch.manual_seed(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    encoder = ReferenceEncoder()
    model = build_model(encoder).to(device)
    if weights is not None:
        model.load_state_dict(torch.load(weights, weights_only=True, map_location=device))
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=rate, weight_decay=0.01)
    steps = len(groups) // BATCH
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (WARM_UP * steps), max(0.0, (steps - step) / steps))
    )
    checkpoint = out.with_suffix(".checkpoint")
    first = _resume(checkpoint, model, optimiser, schedule)
    started, running = time.monotonic(), 0.0
    for step in range(first, steps):
        batch = keep_hardest(groups[step * BATCH : (step + 1) * BATCH], lambda pairs: _judge(model, encoder.tokenizer, pairs, device))
        loss = _loss(model, encoder.tokenizer, batch, device)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        running = 0.98 * running + 0.02 * loss.item() if running else loss.item()
        if (step + 1) % 20 == 0:
            _save(checkpoint, step + 1, model, optimiser, schedule)
            seconds = (time.monotonic() - started) / (step + 1 - first)
            print(f"step {step + 1}/{steps}  loss {running:.4f}  {seconds:.2f} s a step", flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), out)


def keep_hardest(groups: Sequence[Group], judge: Callable[[Sequence[Pair]], Sequence[float]]) -> list[Group]:
    """Return the groups with no more wrong sentences than `HARDEST` each: those that are most taken for an answer.

    Args:
        groups: Of one batch.
        judge: Gives a score for each pair, higher for what looks more like an answer.

    Reference: online hard example mining; Shrivastava, Gupta and Girshick, 2016.
    """
    wrong = [[pair for pair in group.pairs if not pair.answers] for group in groups]
    crowded = [pairs if len(pairs) > HARDEST else [] for pairs in wrong]
    scores = iter(judge([pair for pairs in crowded for pair in pairs]))
    kept = []
    for group, pairs in zip(groups, crowded, strict=True):
        hardest = sorted(zip(pairs, scores, strict=False), key=lambda judged: -judged[1])[:HARDEST]
        right = [pair for pair in group.pairs if pair.answers]
        kept.append(replace(group, pairs=(*right, *(pair for pair, _ in hardest))) if hardest else group)
    return kept


def _judge(model: torch.nn.Module, tokenizer: Tokenizer, pairs: Sequence[Pair], device: str) -> list[float]:
    import torch

    if not pairs:
        return []
    with torch.no_grad():
        scores: list[float] = _score(model, tokenizer, pairs, device)[0].tolist()
    return scores


def build_model(encoder: ReferenceEncoder) -> torch.nn.Module:
    """Return the untrained ranker.

    The bundled transformer without dropout, since nothing is seen more than twice; one linear map from the mean over the
    tokens to a score, and one from each token to the scores of being the answer's first and last.
    """
    from torch import nn

    class Ranker(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = encoder.transformer()
            self.bert.config._attn_implementation = "eager"  # noqa: SLF001 - a quarter faster than sdpa backwards on a CPU
            self.score = nn.Linear(self.bert.config.hidden_size, 1)
            self.span = nn.Linear(self.bert.config.hidden_size, 2)
            self.bert.embeddings.word_embeddings.weight.requires_grad = False

        def forward(self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            hidden = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
            mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            return self.score(mean)[:, 0], self.span(hidden)

    return Ranker().eval()


def average(weights: Sequence[Path], shares: Sequence[float]) -> dict[str, torch.Tensor]:
    """Return the mean of several weights of one model, each counting its share.

    Reference: model soups; Wortsman and others, 2022.
    """
    import torch

    states = [torch.load(path, weights_only=True, map_location="cpu") for path in weights]
    return {
        name: sum((share * state[name] for share, state in zip(shares, states, strict=True)), start=torch.zeros_like(first))
        if first.is_floating_point()
        else first
        for name, first in states[0].items()
    }


def export(state: dict[str, torch.Tensor], groups: Sequence[Group], onnx: Path) -> None:
    """Write trained weights as the int8 graph that is shipped; 7 bits, so that it runs alike on every CPU."""
    import torch

    encoder = ReferenceEncoder()
    model = build_model(encoder)
    model.load_state_dict(state)
    pairs = [pair for group in groups[:_SAMPLES] for pair in group.pairs][:_SAMPLES]
    rows = [pair_ids(encoder.tokenizer, pair.question, pair.sentence, pair.context) for pair in pairs]
    samples = [tuple(torch.tensor(part) for part in row) for row in rows]
    module = one_text_module(model.bert, score=model.score, span=model.span)
    write_int8(module, samples, onnx, inputs=["ids", "types"], outputs=["score", "span"], reduce_range=True)


def _loss(model: torch.nn.Module, tokenizer: Tokenizer, batch: Sequence[Group], device: str) -> torch.Tensor:
    import torch
    from torch.nn import functional

    pairs = [pair for group in batch for pair in group.pairs] + [group.twin for group in batch if group.twin]
    scores, tokens = _score(model, tokenizer, pairs, device)
    spans = [_span(tokenizer, pair) for pair in pairs]
    pointing = [
        functional.cross_entropy(token.T, torch.tensor(span, device=device)) for token, span in zip(tokens, spans, strict=True) if span
    ]
    labels = torch.tensor([float(pair.answers) for pair in pairs], device=device)
    loss = functional.binary_cross_entropy_with_logits(scores, labels)
    place, lists = 0, []
    for group in batch:
        if group.pairs[0].answers:
            lists.append(-torch.log_softmax(scores[place : place + len(group.pairs)], 0)[0])
        place += len(group.pairs)
    if lists:
        loss = loss + LISTWISE * torch.stack(lists).mean()
    return loss + SPANS * torch.stack(pointing).mean() if pointing else loss


def _span(tokenizer: Tokenizer, pair: Pair) -> tuple[int, int] | None:
    """Return the first and last token of the exact answer in the row that `pair_ids` gives, None when it is not known."""
    if pair.span is None:
        return None
    first, spans = answer_tokens(tokenizer, pair.question, pair.sentence)
    held = [first + i for i, (start, end) in enumerate(spans) if start < pair.span[1] and end > pair.span[0]]
    whole = bool(held) and spans[-1][1] >= pair.span[1]
    return (held[0], held[-1]) if whole else None


def _score(model: torch.nn.Module, tokenizer: Tokenizer, pairs: Sequence[Pair], device: str) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the score of each pair, shape (pairs,), and for each the scores of its tokens, shape (tokens, 2)."""
    import torch

    rows = [pair_ids(tokenizer, pair.question, pair.sentence, pair.context) for pair in pairs]
    order = sorted(range(len(rows)), key=lambda row: len(rows[row][0]))
    scores: list[torch.Tensor] = []
    tokens: list[torch.Tensor] = [torch.empty(0)] * len(rows)
    for at in range(0, len(order), CHUNK):
        chosen = order[at : at + CHUNK]
        of_chunk, of_tokens = _run(model, [rows[row] for row in chosen], device)
        scores.append(of_chunk)
        for i, row in enumerate(chosen):
            tokens[row] = of_tokens[i]
    return torch.cat(scores)[torch.tensor(order, device=device).argsort()], tokens


def _run(model: torch.nn.Module, rows: Sequence[tuple[list[int], list[int]]], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return scores, shape (rows,), and the scores of every token of a sentence, others at -inf, shape (rows, tokens, 2)."""
    import torch

    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in rows], device=device)
    types = torch.tensor([types + [0] * (width - len(types)) for _, types in rows], device=device)
    with torch.autocast(device, dtype=torch.bfloat16):
        scores, tokens = model(ids, types, (ids != 0).long())
    return scores.float(), tokens.float().masked_fill((types == 0)[..., None], -1e4)


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
