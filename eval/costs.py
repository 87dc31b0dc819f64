"""What a chat model read and wrote for a run, and what that costs at the prices its user names.

No price is built in: it would be another one before long. Tokens are the model's own count, of all its replies to a question, with those
that came to nothing; a reply that was not read to its end is often not counted, and the sums are then the least that it can be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.results import Result

PRICE = "price"  # its name among the settings of a run
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars for a million tokens.

    Attributes:
        read: Of tokens that the model reads, 0 or more.
        written: Of tokens that it writes, 0 or more.
    """

    read: float
    written: float

    @classmethod
    def parse(cls, text: str) -> Price:
        """Return the price that a text of two numbers says.

        Raises:
            ValueError: It is none.

        >>> print(Price.parse("0.15,0.60"))
        0.15,0.6
        """
        read, comma, written = text.partition(",")
        price = cls(read=float(read), written=float(written)) if comma else None
        if price is None or not all(value >= 0 and math.isfinite(value) for value in (price.read, price.written)):
            raise ValueError(f"{text!r} is no price; expected dollars a million tokens read and written, such as 0.15,0.60")
        return price

    def __str__(self) -> str:
        """Return what `parse` reads."""
        return f"{self.read:g},{self.written:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run, or a part of it, took.

    Attributes:
        questions: How many.
        tokens: That the model read and wrote.
        read: Tokens that it read; None where only their sum is known, as of runs of long ago.
        written: Tokens that it wrote; likewise.
        uncounted: Replies that were not counted, or not to their end.
        dollars: None without a price, and where the tokens are not known.
    """

    questions: int
    tokens: int
    read: int | None
    written: int | None
    uncounted: int
    dollars: float | None

    def lines(self) -> list[tuple[str, str]]:
        """Return what to print of it, a label and a text each; nothing where no chat model was asked."""
        least = "at least " if self.uncounted else ""
        if not self.tokens:
            return [("tokens", f"not counted by the model ({_replies(self.uncounted)})")] if self.uncounted else []
        known = {"input tokens": self.read, "output tokens": self.written} if self.read is not None else {"tokens": self.tokens}
        lines = [
            (name, f"{least}{count:,}, {count / self.questions:,.0f} a question") for name, count in known.items() if count is not None
        ]
        if self.dollars is not None:
            lines.append(("cost", f"{least}{dollars(self.dollars)}, {dollars(self.dollars / self.questions)} a question"))
        return lines

    def to_dict(self) -> dict[str, int | float | None]:
        """Return JSON-ready values."""
        return {"input_tokens": self.read, "output_tokens": self.written, "uncounted_replies": self.uncounted, "dollars": self.dollars}


def count_spent(results: Sequence[Result], settings: Mapping[str, str]) -> Spent:
    """Return what results took.

    Args:
        results: Of a run, or some of them.
        settings: Of the run; a price among them is that of `Price.parse`.
    """
    read, written, tokens = (sum(getattr(result, name) for result in results) for name in ("input_tokens", "output_tokens", "tokens"))
    apart = bool(read or written)
    price = Price.parse(settings[PRICE]) if PRICE in settings and apart else None
    return Spent(
        questions=len(results),
        tokens=tokens,
        read=read if apart else None,
        written=written if apart else None,
        uncounted=sum(result.uncounted for result in results),
        dollars=(read * price.read + written * price.written) / _MILLION if price else None,
    )


def dollars(amount: float) -> str:
    """Return an amount with cents, or with two figures that count where it is less than ten cents.

    >>> dollars(12.5), dollars(0.0021449), dollars(0)
    ('$12.50', '$0.0021', '$0.00')
    """
    places = 2 if amount >= 0.1 or amount <= 0 else 1 - math.floor(math.log10(amount))
    return f"${amount:.{places}f}"


def _replies(count: int) -> str:
    return f"{count} {'reply' if count == 1 else 'replies'}"
