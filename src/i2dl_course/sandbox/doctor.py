"""What this computer offers to the course: sandboxes, libraries, commands."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from i2dl_course.faults import how_to_install
from i2dl_course.sandbox.choice import LEVELS, NONE, Finding, probe

PACKAGES = ("nbgrader", "jupyterlab", "numpy")
REQUIREMENTS = "requirements.lock"
USER_NAMESPACE = (
    "import ctypes, sys; sys.exit(ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0)"
)
LIMITING = (
    "user.max_user_namespaces",
    "kernel.unprivileged_userns_clone",
    "kernel.apparmor_restrict_unprivileged_userns",
)


@dataclass
class HostReport:
    """What was found. `advice` is empty where nothing is to be done."""

    sandbox: str
    levels: list[Finding]
    host: dict[str, str]
    course: dict[str, str]
    lock_differences: list[str] | None
    advice: list[str] = field(default_factory=list)

    def as_json(self) -> dict:
        """The one object of ``course doctor --json``."""
        return {
            "sandbox": self.sandbox,
            "levels": {
                finding.level: {
                    "works": finding.works,
                    "why_not": finding.why_not or None,
                    "program": str(finding.program) if finding.program else None,
                }
                for finding in self.levels
            },
            "host": self.host,
            "course": self.course,
            "lock_differences": self.lock_differences,
            "advice": self.advice,
        }


def examine(root: Path | None = None) -> HostReport:
    """Look at this computer; `root` is the course folder, for its lock, when there is one."""
    levels = [probe(level) for level in LEVELS]
    best = next((finding.level for finding in levels if finding.works), NONE)
    report = HostReport(best, levels, _host(), _course(), _lock_differences(root))
    report.advice = _advice(report)
    return report


def _host() -> dict[str, str]:
    rows = {"system": f"{platform.system()} {platform.release()} {platform.machine()}"}
    if sys.platform != "linux":
        return rows
    from i2dl_course.inside.enter import landlock_abi

    abi = landlock_abi()
    rows["user"] = (
        "root; students' code gets none of its powers"
        if os.geteuid() == 0
        else (f"unprivileged (number {os.geteuid()})")
    )
    rows["user namespaces"] = _user_namespaces()
    rows["bubblewrap"] = _bubblewraps()
    rows["Landlock"] = f"ABI {abi}" if abi else "not in this kernel, or not switched on"
    rows["seccomp"] = _seccomp()
    rows["limits"] = "memory, CPU seconds, file size, open files, processes (setrlimit)"
    rows["cgroup"] = _cgroup()
    return rows


def _user_namespaces() -> str:
    settings = [f"{name} = {value}" for name in LIMITING if (value := _sysctl(name)) is not None]
    said = f" ({', '.join(settings)})" if settings else ""
    made = subprocess.run([sys.executable, "-I", "-c", USER_NAMESPACE], check=False)
    return f"{'yes' if made.returncode == 0 else 'no'}{said}"


def _sysctl(name: str) -> str | None:
    try:
        return Path("/proc/sys", name.replace(".", "/")).read_text().strip()
    except OSError:
        return None


def _bubblewraps() -> str:
    from i2dl_course.sandbox.bubblewrap import candidates

    found = []
    for path in candidates():
        try:
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
            version = said.stdout.strip().removeprefix("bubblewrap ") or "unknown version"
        except OSError as error:
            version = str(error)
        found.append(f"{version} at {path}")
    return "; ".join(found) or "not found"


def _seccomp() -> str:
    actions = _sysctl("kernel.seccomp.actions_avail")
    kernel = "in this kernel" if actions and "errno" in actions else "not in this kernel"
    library = ctypes.util.find_library("seccomp") or "libseccomp not found"
    return f"{kernel}; {library}; pyseccomp {_version('pyseccomp')}"


def _cgroup() -> str:
    """For information: no level uses it, because hardly any host lets one."""
    unified = Path("/sys/fs/cgroup/cgroup.controllers")
    if not unified.exists():
        return "version 1 or none; not used"
    try:
        own = Path("/proc/self/cgroup").read_text().strip().rpartition("::")[2]
    except OSError:
        return "version 2; not used"
    writable = os.access(Path("/sys/fs/cgroup", own.lstrip("/"), "cgroup.procs"), os.W_OK)
    return f"version 2, {'' if writable else 'not '}delegated to this user; not used"


def _course() -> dict[str, str]:
    return {
        "Python": f"{platform.python_version()} at {sys.executable}",
        **{name: _version(name) for name in PACKAGES},
        "alembic": shutil.which("alembic") or "not on PATH",
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _lock_differences(root: Path | None) -> list[str] | None:
    """The lines of the lock that are not installed so; None when there is no lock."""
    try:
        text = (root / REQUIREMENTS).read_text(encoding="utf-8") if root else ""
    except OSError:
        text = ""
    wanted = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;#]+)", text, flags=re.MULTILINE))
    if not wanted:
        return None
    return [
        f"{name} {installed}, the lock has {version}"
        for name, version in wanted.items()
        if (installed := _version(name)) != version
    ]


def _advice(report: HostReport) -> list[str]:
    advice = []
    working = {finding.level for finding in report.levels if finding.works}
    if "bubblewrap" not in working:
        advice += _towards_bubblewrap(report)
    if not working and sys.platform == "linux":
        if report.host["Landlock"].startswith("not"):
            advice.append("For Landlock: Linux 5.13 or newer, with landlock in its `lsm=`.")
        if "pyseccomp not installed" in report.host["seccomp"]:
            advice.append(f"pyseccomp, which writes the filter, is missing: {how_to_install()}.")
        if "libseccomp not found" in report.host["seccomp"]:
            advice.append("Install libseccomp (Debian and Ubuntu: apt install libseccomp2).")
    if report.course["alembic"] == "not on PATH":
        advice.append(f"nbgrader calls alembic by name: {how_to_install()}.")
    missing = [name for name in PACKAGES if report.course[name] == "not installed"]
    if missing or report.lock_differences:
        advice.append(f"What the lock has is not what is installed: {how_to_install()}.")
    return advice


def _towards_bubblewrap(report: HostReport) -> list[str]:
    if sys.platform != "linux":
        return ["A sandbox needs Linux: grade on a Linux computer, a virtual machine or WSL 2."]
    advice = []
    if report.host["bubblewrap"] == "not found":
        advice.append(
            "Install bubblewrap (Debian and Ubuntu: apt install bubblewrap; without rights to "
            f"install: {how_to_install()})."
        )
    if report.host["user namespaces"].startswith("no"):
        advice.append(
            "Ask for user namespaces: an administrator sets user.max_user_namespaces "
            "above 0 and kernel.unprivileged_userns_clone = 1 where it exists; a "
            "container needs a seccomp profile that allows unshare and clone."
        )
    elif _sysctl("kernel.apparmor_restrict_unprivileged_userns") == "1":
        advice.append(
            "AppArmor keeps user namespaces from programs without a profile: an "
            "administrator adds a profile with `userns,` for /usr/bin/bwrap."
        )
    if os.geteuid() == 0:
        advice.append("Grade as an ordinary user, the owner of this course and its .venv.")
    return advice
