"""What would be asked over the network, by the settings in force: nothing, unless a model or an encoder elsewhere is set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rag.chat_models import EXTRACTIVE

if TYPE_CHECKING:
    from rag.settings import Settings

# Where a provider's own library goes unless told otherwise.
_HOSTS = {"openai": "api.openai.com", "anthropic": "api.anthropic.com", "ollama": "127.0.0.1"}
_LOCAL_ENCODERS = frozenset({"onnx", "multilingual", "reference"})


def name_hosts(settings: Settings) -> dict[str, str]:
    """Return why each host would be asked, by host; empty when none would be."""
    hosts = {}
    if settings.model and settings.model != EXTRACTIVE:
        hosts[_model_host(settings.model)] = "the chat model, for every answer that it writes"
    if settings.encoder not in _LOCAL_ENCODERS and not Path(settings.encoder).expanduser().is_dir():
        hosts["huggingface.co"] = "the encoder's files, until they are in its cache"
    return hosts


def _model_host(model: str) -> str:
    if re.match(r"https?://", model, re.IGNORECASE):
        return urlsplit(model).hostname or "an address that is none"
    provider = model.partition(":")[0].lower()
    return _HOSTS.get(provider, f"the servers of {provider}")
