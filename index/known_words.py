"""Whether a model can read a text at all: whether its tokenizer knows the words.

A model that was trained on one language takes any text and gives numbers for it. Its tokenizer shows what they are worth:
of a script that it was not made for it knows single letters, or nothing (its unknown token). In a script without spaces the
words of a whole clause are known or not together, two characters counting as a word. What this knowingly ignores: a language
that the model cannot read in a script that it can, and all of it where a tokenizer is not WordPiece's and knows every byte.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from index.terms import UNSPACED

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_RUN = re.compile(rf"(?P<unspaced>[{UNSPACED}]+)|(?:(?![{UNSPACED}])[^\W\d_])+")
_CHARACTERS_A_WORD = 2  # of a script without spaces
_CONTINUES = "##"  # WordPiece's mark of a piece that goes on with a word
_SPELLED = 3  # letters of a word from which on single letters are no way to know it
_LITERATE = 2000  # characters without which nobody reads Chinese or Japanese; the schools' lists have 3,500 and 2,136


def known_share(tokenizer: Tokenizer, text: str) -> float:
    """Return the share of a text's words that a tokenizer knows, 0..1; 1 for a text without letters.

    A word is unknown when a part of it is the tokenizer's unknown token, or when it is spelled out letter by letter; a clause
    of a script without spaces also when a vocabulary of WordPiece holds too little of such scripts to read any: other
    vocabularies are not in characters (byte-level BPE), or were chosen by a text's likelihood.
    """
    encoding = tokenizer.encode(text, add_special_tokens=False)
    unknown, reads_unspaced = _vocabulary(tokenizer)
    parts = list(zip(encoding.offsets, encoding.ids, encoding.tokens, strict=True))
    words = known = 0.0
    for run in _RUN.finditer(text):
        own = [(number, token) for (start, end), number, token in parts if start < run.end() and end > run.start()]
        count = len(run.group()) / _CHARACTERS_A_WORD if run["unspaced"] else 1.0
        words += count
        if any(number == unknown for number, _ in own) or _spelled_out(run.group(), [token for _, token in own]):
            continue
        if not run["unspaced"] or reads_unspaced:
            known += count
    return known / words if words else 1.0


def knows_words(tokenizer: Tokenizer, text: str) -> bool:
    """Say whether a tokenizer knows at least half of the words of a text."""
    return known_share(tokenizer, text) >= 0.5


def _spelled_out(word: str, tokens: list[str]) -> bool:
    """Say whether a word's pieces, those that go on with it among them, are single letters."""
    goes_on = any(token.startswith(_CONTINUES) for token in tokens)
    return len(word) >= _SPELLED and goes_on and all(len(token.removeprefix(_CONTINUES)) == 1 for token in tokens)


@lru_cache(maxsize=8)  # by identity: a tokenizer has no other equality
def _vocabulary(tokenizer: Tokenizer) -> tuple[int | None, bool]:
    """Return the id of the unknown token, None where nothing is unknown, and whether the scripts without spaces can be read."""
    from tokenizers.models import Unigram, WordPiece

    model = tokenizer.model
    if isinstance(model, Unigram):  # the only one that keeps its unknown token as a number, which it tells in its file only
        unknown = json.loads(tokenizer.to_str())["model"]["unk_id"]
    else:
        token = getattr(model, "unk_token", None)
        unknown = None if token is None else tokenizer.token_to_id(token)
    reads = not isinstance(model, WordPiece) or sum(bool(re.search(f"[{UNSPACED}]", token)) for token in tokenizer.get_vocab()) >= _LITERATE
    return unknown, reads
