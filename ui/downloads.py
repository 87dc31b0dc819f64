"""The addresses that a conversation, or one answer of it, is downloaded from: `export/CONVERSATION.md`, `export/CONVERSATION/TURN.json`."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from index.errors import PinciteError
from ui.access import user_of
from ui.exports import FORMS, export

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import APIRouter
    from starlette.requests import Request
    from starlette.responses import Response

    from ui.conversations import Conversations


def export_router(kept: Conversations, corpus: Path) -> APIRouter:
    """Return the routes; what is not the user's own is not there.

    Args:
        kept: The conversations.
        corpus: Folder of the documents.
    """
    from fastapi import APIRouter
    from starlette.responses import Response

    def find(request: Request) -> Response:
        owner = user_of(request) or ""
        conversation, turn, form = (request.path_params.get(name) for name in ("conversation", "turn", "form"))
        turns = [one for one in kept.turns(str(conversation), owner=owner, most=None) if turn in {None, str(one.id)}]
        if not turns:
            return _refuse("There is no such conversation.")
        title = kept.title(str(conversation), owner=owner) or ""
        try:
            text = export(str(form), title, turns, corpus)
        except PinciteError as error:
            return _refuse(str(error))
        headers = {"content-disposition": f'attachment; filename="{_file_name(title)}.{form}"'}
        return Response(text, media_type=f"{FORMS[str(form)].media_type}; charset=utf-8", headers=headers)

    async def download(request: Request) -> Response:
        return await asyncio.to_thread(find, request)

    router = APIRouter()
    router.add_route("/export/{conversation}.{form}", download)
    router.add_route("/export/{conversation}/{turn}.{form}", download)
    return router


def _file_name(title: str) -> str:
    """Return what a download is called: the plain letters and figures of a title.

    >>> _file_name("How many cranes, 2024?")
    'how-many-cranes-2024'
    """
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))[:60] or "pincite"


def _refuse(why: str) -> Response:
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(why, status_code=404)
