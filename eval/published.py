"""What is known of public question sets from elsewhere: figures that were published, and floors that any reader should pass.

Published figures are of whole sets, of which a folder may hold a part, and some are of readers that are given the paragraph: each line
says so. Floors were measured on the development halves that this project is tuned on, with words alone or a sentence chosen by words.
"""

from __future__ import annotations

# By the first part of a set's name, so that another part of the same set is set beside the same figures.
PUBLISHED = {
    "scifact": (
        "published, whole set, nDCG@10: BM25 0.679 (Pyserini's regressions of BEIR, one field), all-MiniLM-L6-v2 0.645 (MTEB)",
        "floor: words and meaning 0.72, MiniLM with a cross-encoder 0.70",
    ),
    "chroma-chunking": (
        "published, whole set, 5 chunks of about 200 tokens: text-embedding-3-large recall 0.881, precision 0.070 (Chroma, 2024)",
        "floor: recall of characters, MiniLM 0.735, BM25 0.821",
    ),
    "anthropic-docs": (
        "published, whole set, 3 sections (here: passages of them): embeddings recall 0.659, MRR 0.737 (Anthropic's cookbook, 2024)",
        "published likewise, with summaries and re-ranking by a language model: 0.693, 0.865",
        "floor: plain hybrid of 3 sections recall 0.737, MRR 0.882",
    ),
    "squad2": (
        "published, given the paragraph, all questions: F1 of minilm-uncased-squad2 79.5, of roberta-base-squad2 83 (their model cards)",
        "floor: answer inside one sentence chosen by words 0.78",
    ),
    "xquad-en": ("floor: answer inside one sentence chosen by words 0.76; paragraph found first 0.96",),
    "xquad-zh": ("floor: answer inside one sentence chosen by words 0.75; paragraph found first by pairs of characters 0.93",),
    "cmrc2018": ("floor: answer inside one sentence chosen by words 0.67; paragraph found first by pairs of characters 0.97",),
    "clapnq": ("floor: paragraph found first by words and meaning 0.98; AUROC of the best BM25 score 0.71",),
    "timeqa": ("floor: evidence within 5 by BM25 0.65; answer inside one sentence chosen by words 0.19, in the best 5 paragraphs 0.75",),
    "covid-qa": ("floor: paragraph found first 0.53; answer inside one sentence chosen by words 0.42",),
    "policyqa": ("published, given the paragraph: BERT F1 59, exact match 31 (Ahmad and others, PolicyQA, 2020)",),
    "ramdocs": (
        "published: strict match of Llama 3.3 70B: 0.326 (Wang and others, Retrieval-Augmented Generation with Conflicting Evidence, 2025)",
    ),
    "mtrag": ("published: in every system rewriting the last turn lifts recall@5 by a quarter",),
    "multihop": ("floor: evidence within 5 by BM25 0.90, evidence recall@10 0.74",),
    "wice": ("published, given the passages, accuracy of the verdict: GPT-4 0.77 (Kamoi and others, 2023); here claims are only searched",),
}


def published(name: str) -> tuple[str, ...]:
    """Return the lines that stand beside a set's figures; none where nothing is known that can be compared."""
    return next((lines for part, lines in PUBLISHED.items() if name.startswith(part)), ())
