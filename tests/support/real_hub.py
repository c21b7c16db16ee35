"""A real JupyterHub, as deploy/jupyterhub sets it up, on a machine within the machine.

Accounts, homes, the exchange and the course lie where they do on a server: in mounts that only the
hub and what it starts see. All of its processes have numbers of their own, so that none outlives
it, however a test ends, and no account was ever one of this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.patience import until
from support.serving import ask

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a password of the tests"
PROXY = Path(sys.prefix) / "node" / "node_modules" / ".bin" / "configurable-http-proxy"
SETTINGS = "/etc/i2dl-hub"
OVERRIDES = "default_setting_overrides.json"
# What of this machine is hidden from the hub: there its own things are put.
OWN = ("/home", "/run", "/srv", "/var/lib")


class RealHub:
    """The hub at `address`, which is process `pid`; `settings` are those of its hub.toml.

    `said` grows by each line that it writes.
    """

    def __init__(self, address: str, pid: int, settings: dict, said: list[str]):
        self.address = address
        self.settings = settings
        self.said = said
        self._pid = pid

    def run(self, user: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the hub's machine as one of its users, in the user's home."""
        path = os.pathsep.join((f"{sys.prefix}/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"))
        home = self.path("/etc/passwd").read_text().split(f"\n{user}:")[-1].split(":")[4]
        return subprocess.run(
            ["nsenter", f"--target={self._pid}", "--mount", "--pid", "runuser", "-u", user, "--",
             "env", "-C", home, *command],
            env={"PATH": path, "HOME": home},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def path(self, inside: str | Path) -> Path:
        """Where a file of the hub's machine is seen from here."""
        return Path(f"/proc/{self._pid}/root") / str(inside).lstrip("/")


def require() -> None:
    """Skip the test, by its name, where no hub can be had."""
    pytest.importorskip("jupyterhub", reason="not installed here: make site")
    if os.geteuid() != 0:
        pytest.skip("only root can start a hub with real users")
    if not PROXY.exists():
        pytest.skip("there is no configurable-http-proxy here: make site, where npm is")
    for program in ("setpriv", "unshare", "nsenter", "runuser", "useradd", "chpasswd"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")


@contextmanager
def real_hub(course: Path, students: Sequence[str], instructor: str) -> Iterator[RealHub]:
    """The hub with `course`, a folder that is copied, and accounts with PASSWORD."""
    with tempfile.TemporaryDirectory(prefix="hub-") as place:
        deployed = Path(place) / "deployed"
        shutil.copytree(ROOT / "deploy" / "jupyterhub", deployed)
        ports = free_ports(4)
        text = (deployed / "hub.toml").read_text()
        for old, new in zip(("8000", "8081", "8001", "8505"), ports, strict=True):
            assert text.count(old) == 1
            text = text.replace(old, str(new))
        (deployed / "hub.toml").write_text(text)
        _show_whole_notebooks(deployed / "everybody" / "labconfig" / OVERRIDES)
        Path(place).chmod(0o755)
        script = Path(place) / "machine.sh"
        script.write_text(_machine(Path(place), course, students, instructor, tomllib.loads(text)))
        # When the tests are killed, the kernel ends the hub and all that it has started.
        namespaces = ("--mount", "--propagation=private", "--pid", "--fork", "--kill-child",
                      "--mount-proc")  # fmt: skip
        with (
            subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "unshare", *namespaces, "sh", str(script)],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            ) as unshare,
            ThreadPoolExecutor(1) as reader,
        ):
            try:
                assert unshare.stderr
                said = []
                for line in unshare.stderr:
                    said.append(line)
                    if "JupyterHub is now running" in line:
                        break
                else:
                    pytest.fail("The hub did not start:\n" + "".join(said))
                reader.submit(said.extend, unshare.stderr)
                [pid] = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text().split()
                address = f"http://127.0.0.1:{ports[0]}"
                style = f"{address}/services/hand-in/door.css"
                until(lambda: ask(style).status == 200)  # the hub does not wait for its services
                yield RealHub(address, int(pid), tomllib.loads(text), said)
            finally:
                unshare.kill()


def _show_whole_notebooks(file: Path) -> None:
    """Only what a page holds can be waited for, so cells out of sight stay in the page."""
    settings = json.loads(file.read_text())
    settings["@jupyterlab/notebook-extension:tracker"]["windowingMode"] = "none"
    file.write_text(json.dumps(settings))


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; a hub cannot be asked which it has chosen."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _machine(place: Path, course: Path, students: Sequence[str], instructor: str, hub: dict) -> str:
    """The script that makes the machine, and becomes the hub."""
    kept = (Path(sys.base_prefix), Path(sys.prefix), ROOT)
    steps = ["set -e", *_opened(kept)]
    steps += [f"mount -t tmpfs -o mode=755 tmpfs {folder}" for folder in OWN]
    steps += [
        f"cp -a /etc {place}/etc",
        f"mount --bind {place}/etc /etc",
        f"cp -a {place}/deployed {SETTINGS}",
        "cd /",
        f"ln -s {sys.prefix} {hub['environment']}",
        f"{sys.executable} {SETTINGS}/accounts-and-folders",
        f"cp -a {course}/. {hub['course']}",
        f"ln -s {sys.prefix} {hub['course']}/.venv",
        f"chown -R {hub['account']}: {hub['course']}",
        f"chmod 700 {hub['course']}",
    ]
    groups = dict.fromkeys(students, hub["students"]) | {instructor: hub["instructors"]}
    for name, group in groups.items():
        steps.append(f"useradd --create-home --shell /bin/bash --groups {group} {name}")
        steps.append(f"echo '{name}:{PASSWORD}' | chpasswd")
    steps.append(f"cd {hub['state']}")
    steps.append(f"exec {sys.executable} -P -m jupyterhub -f {SETTINGS}/jupyterhub_config.py")
    return "\n".join(steps)


def _opened(kept: Sequence[Path]) -> Iterator[str]:
    """Lets everybody enter the folders `kept`, in place of what else is beside them.

    The interpreter or the course may lie where only root may enter, root's home for example.
    """
    closed = {
        parent for path in kept for parent in path.parents if not parent.stat().st_mode & 0o001
    }
    for top in closed:
        if closed & set(top.parents):
            continue
        beneath = [path for path in kept if path.is_relative_to(top)]
        for number, path in enumerate(beneath):
            yield f"mkdir /tmp/kept-$$-{number}"
            yield f"mount --bind '{path}' /tmp/kept-$$-{number}"
        yield f"mount -t tmpfs -o mode=755 tmpfs '{top}'"
        for number, path in enumerate(beneath):
            yield f"mkdir -p '{path}'"
            yield f"mount --move /tmp/kept-$$-{number} '{path}'"
            yield f"rmdir /tmp/kept-$$-{number}"
