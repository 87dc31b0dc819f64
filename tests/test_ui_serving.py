"""The server of the page: where it listens, whom it answers, what it offers."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from index.errors import ServeError
from index.locations import ROOT, SEEDS
from ui.serving import serve

if TYPE_CHECKING:
    from pathlib import Path

    from by_heart import Scripted

    from ui.serving import RunningPage


def test_a_taken_port_is_named_with_what_to_type(scripted: Scripted) -> None:
    """The message names the port and the command that avoids it; nothing is left listening."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"^port {port} of 127\.0\.0\.1 is taken; .*: pincite serve --port {port + 1}$"):
            serve(scripted, port=port, block=False)


def test_an_impossible_port_is_refused(scripted: Scripted) -> None:
    with pytest.raises(ServeError, match="cannot be used"):
        serve(scripted, port=70000, block=False)


def test_the_server_answers_to_its_own_name_only(page: RunningPage) -> None:
    """A foreign Host header, as a rebound DNS name sends it, gets nothing; the page itself forbids to load anything foreign."""
    address = page.url.removeprefix("http://")
    statuses = {}
    for host in (address, "evil.example"):
        connection = http.client.HTTPConnection(address)
        connection.request("GET", "/", headers={"Host": host})
        response = connection.getresponse()
        statuses[host] = response.status
        policy = response.headers["Content-Security-Policy"]
        connection.close()
    assert statuses == {address: 200, "evil.example": 400}
    assert policy.startswith("default-src 'self';")


def test_the_server_offers_nothing_but_the_page(page: RunningPage) -> None:
    """What is published is what a program is meant to call; run history and monitoring are off."""
    with urllib.request.urlopen(f"{page.url}/gradio_api/info") as response:
        published = json.load(response)
    assert set(published["named_endpoints"]) == {"/ask", "/retrieve", "/check", "/documents", "/paragraphs", "/add", "/remove"}
    assert published["unnamed_endpoints"] == {}
    for path in ("gradio_api/runs", "monitoring/summary", "docs", "openapi.json"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{page.url}/{path}")
        assert 400 <= refused.value.code < 500
        refused.value.close()


def test_serving_opens_no_socket_but_on_loopback(tmp_path: Path) -> None:
    """Python itself reports every address: with a proxy in the environment too, all are this machine."""
    script = tmp_path / "serve.py"
    script.write_text(
        "import json, sys, urllib.request\n"
        "seen = []\n"
        "names = {'socket.connect': 1, 'socket.bind': 1, 'socket.sendto': 1, 'socket.getaddrinfo': 0, 'socket.gethostbyname': 0}\n"
        "sys.addaudithook(lambda name, args: seen.append(str(args[names[name]])) if name in names else None)\n"
        "from rag import Assistant\n"
        "from ui.serving import serve\n"
        f"page = serve(Assistant({str(SEEDS)!r}, {str(tmp_path / 'index')!r}), port=0, block=False)\n"
        "opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "opener.open(page.url).close()\n"
        "page.close()\n"
        "print(json.dumps(seen))\n"
    )
    environment = os.environ | dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://192.0.2.1:9")
    done = subprocess.run(
        [sys.executable, script], cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    addresses = json.loads(done.stdout)
    assert addresses
    assert [address for address in addresses if "127.0.0.1" not in address] == []
    assert done.stderr == ""
