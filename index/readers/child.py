"""The child process that parses files nobody vouches for: one request a line on its input, one reply a line on its output.

It is started by `index.readers.process`, limits its own memory and time, and touches nothing but the file that it is asked for.
A request is {"file", "parser"}; a reply is a document's `to_dict`, or {"error"}, with {"spent": true} when it should be replaced.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.readers.document import Document


def serve(memory: int, seconds: int) -> None:
    """Answer requests until the input ends.

    Args:
        memory: Bytes of address space that the process may have.
        seconds: Of processor time that one file may take.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no reply
    _limit_memory(memory)
    for line in sys.stdin:
        request = json.loads(line)
        _limit_time(seconds)
        reply = _answer(request, memory)
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
        if reply.get("spent"):
            return


def _answer(request: dict[str, Any], memory: int) -> dict[str, Any]:
    try:
        module, _, name = request["parser"].partition(":")
        parse: Callable[[bytes], Document] = getattr(importlib.import_module(module), name)
        return parse(Path(request["file"]).read_bytes()).to_dict()
    except SourceError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"parsing it took more than {memory // 2**20} MiB of memory; expected less: split the file", "spent": True}
    except RecursionError:
        return {"error": "it is nested too deep to be parsed; expected a document: open it, and save it anew", "spent": True}
    except ImportError as error:
        return {"error": f"its parser is not installed ({error}); expected the set of constraints.txt: make install"}
    except Exception as error:  # noqa: BLE001 - a parser's fault with one file, which is named and passed over
        seen = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return {"error": f"it is damaged ({' '.join(seen.split())[:200]}); expected a whole file: open it, and save it anew"}


def _limit_memory(memory: int) -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # a system without limits, or with a lower one
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _limit_time(seconds: int) -> None:
    """End a file that goes on when nobody waits for it any more, after its parent has died."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))
