"""A Jupyter server in a course folder, as whoever grades starts it: with the formgrader."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2dl_course.nbgrader_side.run import command_environment


@contextmanager
def jupyter_server(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Its address, with a slash at the end, the token that lets one in, and its process."""
    token = secrets.token_hex(16)
    with subprocess.Popen(
        [
            str(Path(sys.executable).parent / "jupyter"),
            "server",
            "--port=0",
            "--allow-root",
            f"--IdentityProvider.token={token}",
            "--ServerApp.open_browser=False",
            "--ServerApp.disable_check_xsrf=True",
        ],
        cwd=folder,
        env=command_environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stderr
            address = next(
                line.split()[-1].partition("?")[0]
                for line in server.stderr
                if "ServerApp]     http://127.0.0.1:" in line
            )
            # It is read to its end, or the server would wait for that.
            threading.Thread(target=server.stderr.read, daemon=True).start()
            _wait_until_it_listens(address, server)
            yield address, token, server.pid
        finally:
            server.kill()


def _wait_until_it_listens(address: str, server: subprocess.Popen) -> None:
    """A server says where it listens shortly before it does."""
    while True:
        try:
            urllib.request.urlopen(f"{address}static/favicon.ico").close()
            return
        except urllib.error.HTTPError:
            return
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or server.poll() is not None:
                raise
            os.sched_yield()
