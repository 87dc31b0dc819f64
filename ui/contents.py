"""The list of documents as HTML: what can be asked, what could not be read, and what became of files that were just added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.readers.types import MEDIA_TYPES
from ui.markup import attributes, button, count, escape, render_date, render_title
from ui.reader import render_panel

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from index.segment_store import Listed
    from ui.library import Added

MAX_LISTED = 500  # documents; more make the list, not the index, slow

_DROP = (
    '<div class="drop"><p>Drop files here, or</p><button type="button" class="plain" data-add>Choose files</button>'
    f"<p>{', '.join(MEDIA_TYPES)}; they are copied into the folder of documents</p></div>"
)
_NAME = '<div class="name">Documents</div>'


def render_contents(
    listed: Sequence[Listed],
    *,
    total: int,
    chosen: Collection[str] = (),
    skipped: Mapping[str, str] | None = None,
    added: Sequence[Added] = (),
    notice: str = "",
) -> str:
    """Return the document panel with the list of documents; each opens with a click, can be chosen and can be removed.

    Args:
        listed: The documents to list.
        total: How many documents there are; those not listed are counted.
        chosen: Paths of those that are asked; empty for all.
        skipped: Why each file that could not be read was left out, by path.
        added: What became of files that were just added.
        notice: What else has to be said.
    """
    where = f'<span class="where"><span role="status">{_asked(len(chosen), total)}</span></span>'
    everything = button("Ask all", {"data-all": ""}, css="plain") if chosen else ""
    rows = "".join(_render_row(one, chosen=one.path in chosen) for one in listed)
    more = f'<p class="more">and {total - len(listed):,} more</p>' if total > len(listed) else ""
    said = f'<p class="said" role="status">{escape(notice)}</p>' if notice else ""
    inner = f"{said}{_render_added(added)}<ul>{rows}</ul>{more}{_render_skipped(skipped or {})}{_DROP}"
    return render_panel(f"{_NAME}{where}{everything}", inner, label="Documents", css="contents")


def _asked(chosen: int, total: int) -> str:
    if chosen:
        return f"{chosen} of {count(total, 'document')} asked"
    return f"{count(total, 'document')}, all asked; tick some to ask only in them" if total > 1 else count(total, "document")


def _render_row(listed: Listed, *, chosen: bool) -> str:
    box = attributes({"data-choose": listed.path, "checked": chosen, "aria-label": f"Ask only in {listed.title}"})
    date = render_date(listed.date) if listed.date else ""
    parts = f'<span class="file">{escape(listed.path)}</span>{date}<span>{count(listed.paragraphs, "paragraph")}</span>'
    opener = button(f'{render_title(listed.title)}<span class="where">{parts}</span>', {"data-source": listed.path})
    summary = f'<summary aria-label="Remove {escape(listed.title)}">Remove</summary>'
    remove = f'<details class="menu">{summary}<div>{button("Move the file to the bin", {"data-remove": listed.path})}</div></details>'
    return f'<li><input type="checkbox"{box}>{opener}{remove}</li>'


def _render_added(added: Sequence[Added]) -> str:
    rows = "".join(map(_render_one, added))
    return f'<ul class="added" aria-label="Files added" aria-live="polite">{rows}</ul>' if rows else ""


def _render_one(one: Added) -> str:
    name = f'<span class="file">{escape(one.name)}</span>'
    if one.failed:
        return f'<li class="failed">{name}<span class="flag">{escape(one.state)}</span></li>'
    bar = f'<progress max="100" value="{round(100 * one.share)}" aria-label="{escape(one.name)}"></progress>'
    return f"<li>{name}{bar}<span>{escape(one.state)}</span></li>"


def _render_skipped(skipped: Mapping[str, str]) -> str:
    rows = "".join(f"<li>{escape(reason)}</li>" for reason in list(skipped.values())[:MAX_LISTED])
    return f'<details class="skipped"><summary>Not read: {count(len(skipped), "file")}</summary><ul>{rows}</ul></details>' if rows else ""
