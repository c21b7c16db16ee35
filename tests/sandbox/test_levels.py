"""Each level of the sandbox, attacked from inside by small programs."""

from __future__ import annotations

import functools
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.patience import PATIENCE, until
from support.sandboxed import NO_FILTER, WarmCode, argv, home, read_to_the_end, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are parts of Linux")

if sys.platform == "linux":
    from i2dl_course import sandbox
    from i2dl_course.inside.enter import landlock_abi
    from i2dl_course.sandbox import bubblewrap, landlock
    from i2dl_course.sandbox.calls import REFUSED
    from i2dl_course.sandbox.process import LIMITS, NOBODY, SCRATCH_BYTES
    from i2dl_course.sandbox.process import environment as bare_environment

ROOT = Path(__file__).resolve().parents[2]
HELD = ("bubblewrap", "landlock")


@functools.cache
def what_the_host_lacks(level):
    """Why this level cannot work here, asked of the host and not of our own code; else empty."""
    if level == "landlock":
        return "" if landlock_abi() else "the kernel has no Landlock"
    said = ["bwrap is not installed"]
    for bwrap in bubblewrap.candidates():
        trial = subprocess.run(
            [
                bwrap,
                "--unshare-all",
                "--ro-bind",
                "/",
                "/",
                "--proc",
                "/proc",
                shutil.which("true"),
            ],
            capture_output=True,
            text=True,
        )
        if trial.returncode == 0:
            return ""
        said.append(trial.stderr)
    return said[-1]


def available(level):
    """Skip where the host cannot have this level; where it can, a level that fails is a failure."""
    if lacking := what_the_host_lacks(level):
        pytest.skip(f"{level} cannot work here: {lacking}")
    finding = sandbox.probe(level)
    assert finding.works, finding.why_not


@pytest.fixture(params=HELD)
def level(request):
    """Every sandbox that works on this host, one after the other."""
    available(request.param)
    return request.param


@pytest.fixture(params=["cold", "warm"])
def launch(level, request, folder):
    """Both ways to start a process on this level: an interpreter of its own, or a fork."""
    with sandbox.launcher(level, warm=request.param == "warm") as launch:
        yield WarmCode(launch) if request.param == "warm" else launch


@pytest.fixture
def folder():
    """A folder to launch in, as the judge makes one."""
    with tempfile.TemporaryDirectory(prefix="i2dl-test-") as path:
        yield Path(path)


@pytest.fixture(autouse=True)
def _the_hosts_mounts_stay_as_they_are():
    before = Path("/proc/self/mountinfo").read_text()
    yield
    assert Path("/proc/self/mountinfo").read_text() == before


@pytest.fixture
def secret():
    """A file that everybody on the host may read, and its content."""
    with tempfile.NamedTemporaryFile("w", prefix="i2dl-secret-", dir="/tmp") as file:
        content = secrets.token_hex(16)
        file.write(content)
        file.flush()
        os.chmod(file.name, 0o644)
        yield Path(file.name), content


@pytest.fixture
def victim():
    """A process of the same user, with a secret in its environment and in its arguments."""
    content = secrets.token_hex(16)
    process = subprocess.Popen(
        [sys.executable, "-c", "import os; os.write(1, b'x'); os.read(0, 1)", content],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "SECRET": content},
    )
    process.stdout.read(1)
    yield process, content
    process.communicate(b"x")


# --- files -----------------------------------------------------------------------------------


READS = """
    found = {}
    for path in sys.argv[1:]:
        try:
            if os.path.isdir(path):
                found[path] = os.listdir(path)
            else:
                with open(path, "rb") as file:
                    found[path] = file.read(100).decode("latin-1")
        except OSError as error:
            found[path] = None
    say(found)
"""


def test_no_file_of_the_host_is_read(launch, folder, secret):
    path, _ = secret
    outside = [
        path,
        "/etc/passwd",
        "/etc/hostname",
        "/etc/ssh",
        ROOT / "course.toml",
        ROOT / "instructor",
        ROOT / "pyproject.toml",
        ROOT / "src",
        "/var/log",
        "/boot",
        "/root/.bashrc",
        "/home",
        "/sys",
        "/sys/kernel",
        "/proc/kcore",
        "/dev/shm",
        "/proc/1/root/etc/passwd",
        "/proc/self/root/etc/passwd",
        "/run",
        "/mnt",
    ]
    there = [str(path) for path in outside if os.path.exists(path)]
    found = run(launch, folder, READS, *there)
    assert {path for path, content in found.items() if content} == set()


def test_without_a_sandbox_the_same_code_does_read_them(folder, secret):
    path, content = secret
    found = run(sandbox.launcher("none"), folder, READS, path)
    assert found[str(path)] == content


def test_the_course_folder_shows_nothing_but_the_way_to_the_interpreter(launch, folder):
    seen = run(
        launch,
        folder,
        """
        try:
            names = os.listdir(sys.argv[1])
        except OSError:
            names = []
        say(names)
    """,
        ROOT,
    )
    assert set(seen) <= {Path(sys.prefix).name}


def test_nothing_outside_its_home_is_written(launch, folder, secret):
    path, content = secret
    (folder / "package").mkdir()
    (folder / "package" / "layer.py").write_text("given")
    places = {
        folder,
        folder / "package",
        path.parent,
        Path(sys.prefix),
        Path(os.__file__).parent,
        Path(sys.executable).parent,
        Path("/"),
        Path("/usr/lib"),
        Path("/var/tmp"),
        Path("/etc"),
        Path("/dev"),
        Path("/dev/shm"),
        ROOT,
    }
    name = f"i2dl-written-{secrets.token_hex(8)}"
    written = run(
        launch,
        folder,
        """
        name, secret, given, *places = sys.argv[1:]
        written = [place for place in places
                   if "done" in (tried(open, os.path.join(place, name), "w"),
                                 tried(os.mkdir, os.path.join(place, name + ".d")))]
        for path in (secret, given, os.__file__):
            for change in (os.unlink, lambda p: open(p, "w"), lambda p: open(p, "ab").write(b"x"),
                           lambda p: os.truncate(p, 0), lambda p: os.rename(p, p + "~"),
                           lambda p: os.open(p, os.O_RDONLY | os.O_TRUNC),
                           lambda p: os.chmod(p, 0o777), lambda p: os.utime(p, (0, 0)),
                           lambda p: os.link(p, "linked"), lambda p: os.setxattr(p, "user.x", b"x"),
                           lambda p: os.chown(p, os.getuid(), os.getgid())):
                tried(change, path)
        say(written)
    """,
        name,
        path,
        folder / "package" / "layer.py",
        *places,
    )
    in_memory = all(Path(place).is_relative_to("/tmp") for place in written)
    assert in_memory, "bubblewrap's own /tmp has a size, nothing else in memory has"
    assert [place for place in places if (place / name).exists()] == []
    assert [place for place in places if (place / f"{name}.d").exists()] == []
    assert path.read_text() == content and path.stat().st_mtime > 1
    assert path.stat().st_mode & 0o777 == 0o644
    assert (folder / "package" / "layer.py").read_text() == "given"
    assert os.path.getsize(os.__file__) > 1000 and os.path.getmtime(os.__file__) > 1


def test_its_own_files_it_may_read_and_its_home_it_may_use(launch, folder):
    (folder / "layer.py").write_text("mine")
    assert run(
        launch,
        folder,
        """
        import tempfile
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("kept")
            file.seek(0)
            say([open(sys.argv[1]).read(), file.read(), os.path.dirname(file.name), os.getcwd(),
                 os.path.expanduser("~")])
    """,
        folder / "layer.py",
    ) == ["mine", "kept", *[str(home(launch, folder))] * 3]


def test_a_file_can_be_copied_though_no_mode_and_no_time_can_be_changed(launch, folder):
    (folder / "given").write_text("given")
    (folder / "given").chmod(0o640)
    modes = run(
        launch,
        folder,
        """
        import shutil
        shutil.copy2(sys.argv[1], "copy")
        os.chmod("copy", 0o777)
        with open(sys.argv[1]) as file:
            os.fchmod(file.fileno(), 0o777)
            os.utime(file.fileno(), (0, 0))
        say([oct(os.stat(path).st_mode & 0o777) for path in ("copy", sys.argv[1])])
    """,
        folder / "given",
    )
    assert modes == ["0o600", "0o640"]
    assert (folder / "given").stat().st_mtime > 1


def test_a_database_in_the_home_works_though_its_locks_have_no_effect(launch, folder):
    rows = run(
        launch,
        folder,
        """
        import sqlite3
        for _ in range(2):
            with sqlite3.connect("own.db") as database:
                database.execute("create table if not exists t (n integer)")
                database.execute("insert into t values (5)")
        say(database.execute("select n from t").fetchall())
    """,
    )
    assert rows == [[5], [5]]


def test_whatever_is_left_in_the_home_goes_away(launch, folder):
    said = run(
        launch,
        folder,
        """
        os.mkdir("closed", 0)
        os.mkdir("file")
        open("file/x", "w").close()
        for depth in range(3000):
            os.mkdir("d")
            os.chdir("d")
        say(depth)
    """,
    )
    assert said == 2999
    assert not (folder / "home").exists() or list((folder / "home").iterdir()) == []


@pytest.mark.parametrize("beneath_tmp", [False, True])
def test_what_one_fork_leaves_behind_no_other_finds(beneath_tmp, monkeypatch):
    """Also where the interpreter, or a part of it, lies in /tmp, and hence /tmp must stay."""
    available("bubblewrap")
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as inside,
        tempfile.TemporaryDirectory() as folder,
        sandbox.launcher("bubblewrap", warm=True) as launch,
    ):
        if beneath_tmp:
            readable = [*bubblewrap.paths.readable(), Path(inside)]
            monkeypatch.setattr(bubblewrap.paths, "readable", lambda: readable)
        script = Path(folder) / "program.py"
        script.write_text(
            "import os\n\ndef prepare():\n    pass\n\ndef main():\n    found = []\n"
            "    for folder in ('/tmp', os.getcwd()):\n        name = folder + '/note'\n"
            "        found.append(os.path.exists(name))\n        try:\n"
            "            open(name, 'w').close()\n        except OSError:\n            pass\n"
            "    os.write(1, repr(found).encode())\n"
        )
        said = []
        for _ in range(2):
            process = launch([sys.executable, "-I", "-B", str(script)], folder)
            said.append(read_to_the_end(process))
            process.kill()
    assert said == [b"[False, False]"] * 2


def test_a_file_of_a_gigabyte_stops_at_the_limit(launch, folder):
    size = run(
        launch,
        folder,
        """
        size = 0
        try:
            with open("big", "wb", buffering=0) as file:
                for _ in range(1024):
                    size += file.write(bytes(1 << 20))
        except OSError:
            pass
        say(size)
    """,
    )
    assert size <= LIMITS["FSIZE"]


def test_many_files_do_not_fill_the_hosts_disk(folder):
    available("bubblewrap")
    written = run(
        sandbox.launcher("bubblewrap"),
        folder,
        """
        written = {}
        for place in (os.getcwd(), "/tmp"):
            written[place] = 0
            try:
                for number in range(300):
                    with open(f"{place}/{number}", "wb", buffering=0) as file:
                        written[place] += file.write(bytes(1 << 20))
            except OSError:
                pass
        say(written)
    """,
    )
    assert max(written.values()) <= SCRATCH_BYTES
    assert list((folder / "home").iterdir()) == []


# --- network ---------------------------------------------------------------------------------


def test_no_socket_of_any_family_is_opened(launch, folder):
    found = run(
        launch,
        folder,
        """
        import socket
        families = [name for name in dir(socket) if name.startswith("AF_")]
        kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)
        say([(name, kind) for name in families for kind in kinds
             if tried(socket.socket, getattr(socket, name), kind) == "done"]
            + [tried(socket.socketpair)])
    """,
    )
    assert found == ["PermissionError"]


def test_without_the_filter_the_network_is_still_another_one(monkeypatch, folder):
    available("bubblewrap")
    monkeypatch.setattr(bubblewrap, "seccomp_filter", lambda threads: NO_FILTER)
    name = f"\0i2dl-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_INET) as listener, socket.socket(socket.AF_UNIX) as abstract:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        abstract.bind(name)
        abstract.listen()
        found = run(
            sandbox.launcher("bubblewrap"),
            folder,
            """
            import socket
            say([tried(socket.create_connection, ("127.0.0.1", int(sys.argv[1])), 5),
                 tried(socket.socket(socket.AF_UNIX).connect, "\\0" + sys.argv[2])])
        """,
            listener.getsockname()[1],
            name[1:],
        )
    assert found == ["ConnectionRefusedError"] * 2


# --- processes -------------------------------------------------------------------------------


def test_no_process_and_no_thread_is_started(launch, folder):
    found = run(
        launch,
        folder,
        """
        import subprocess, threading
        say([tried(os.fork), tried(os.forkpty), tried(os.system, "true") and os.system("true") != 0,
             tried(subprocess.run, [sys.executable, "-c", ""]),
             tried(os.posix_spawn, sys.executable, [sys.executable, "-c", ""], {}),
             tried(threading.Thread(target=print).start)])
    """,
    )
    assert "done" not in found and found[2] is True


def test_no_other_program_is_run_not_even_one_with_the_setuid_bit(launch, folder):
    programs = [
        path for name in ("su", "mount", "passwd", "sh", "true") if (path := shutil.which(name))
    ] + [sys.executable]
    found = run(
        launch,
        folder,
        """
        say({path: tried(os.execv, path, [path]) for path in sys.argv[1:]})
    """,
        *programs,
    )
    assert set(found.values()) <= {"PermissionError", "FileNotFoundError"}
    assert len(found) == len(programs)


def test_a_thread_can_be_allowed_without_allowing_a_process(level, folder):
    launch = sandbox.launcher(level, threads=True, limits={**LIMITS, "NPROC": 4096})
    found = run(
        launch,
        folder,
        """
        import asyncio, threading
        heard = []
        thread = threading.Thread(target=heard.append, args=("heard",))
        thread.start()
        thread.join()
        async def later():
            return await asyncio.to_thread(lambda: "awaited")
        import socket
        say([*heard, asyncio.run(later()), tried(os.fork), tried(os.execv, sys.executable, ["x"]),
             tried(socket.socket), called(56, 0x10000000 | 17, 0, 0, 0, 0)])
    """,
    )
    assert found[:2] == ["heard", "awaited"]
    assert "done" not in found[2:5] and isinstance(found[5], str)


def test_a_fork_bomb_is_bounded_even_without_the_filter(monkeypatch, folder):
    available("bubblewrap")
    monkeypatch.setattr(bubblewrap, "seccomp_filter", lambda threads: NO_FILTER)
    launch = sandbox.launcher("bubblewrap", limits={**LIMITS, "NPROC": 20})
    process = launch(
        argv("""
        import signal
        count = 0
        try:
            while count < 200:
                if os.fork() == 0:
                    signal.pause()
                count += 1
        except BlockingIOError:
            pass
        say(count)
        signal.pause()
    """),
        folder,
    )
    said = process.popen.stdout.readline()
    process.kill()
    assert 0 < int(said) < 20


def test_nothing_survives_the_end_not_even_a_daemon(monkeypatch, folder):
    available("bubblewrap")
    monkeypatch.setattr(bubblewrap, "seccomp_filter", lambda threads: NO_FILTER)
    launch = sandbox.launcher("bubblewrap", limits={**LIMITS, "NPROC": 20})
    process = launch(
        argv("""
        import signal
        for _ in range(2):
            if os.fork():
                signal.pause()
            os.setsid()
            for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
        say("a daemon")
        signal.pause()
    """),
        folder,
    )
    output = os.dup(process.from_worker)
    assert process.popen.stdout.readline() == b'"a daemon"\n'
    process.kill()
    assert select.select([output], [], [], 0)[0] and os.read(output, 1) == b"", "it is still there"
    os.close(output)


def test_a_program_that_ends_by_itself_can_still_be_ended_twice(launch, folder):
    process = launch(argv("say('over')"), folder)
    read_to_the_end(process)
    process.kill()
    process.kill()


def test_it_ends_with_the_process_that_started_it(level, folder):
    driver = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from i2dl_course import sandbox\n"
            "argv = [sys.executable, '-I', '-B', '-c', sys.argv[4]]; "
            "process = sandbox.launcher(sys.argv[2])(argv, "
            "sys.argv[3])\n"
            "print(process.popen.pid, flush=True)\n"
            "sys.stdin.read()\n",
            ROOT / "src",
            level,
            folder,
            "import signal; signal.pause()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    started = int(driver.stdout.readline())
    family = descendants(started)
    handles = [os.pidfd_open(number) for number in family]
    assert len(family) == {"bubblewrap": 3, "landlock": 1}[level]  # a keeper, bwrap and its child
    driver.kill()
    driver.communicate()
    assert_ended(handles)


def assert_ended(handles):
    """That processes end, or have ended; `handles` are their descriptors."""
    deadline = time.monotonic() + PATIENCE
    ended = [
        bool(select.select([handle], [], [], max(0, deadline - time.monotonic()))[0])
        for handle in handles
    ]
    for handle, gone in zip(handles, ended, strict=True):
        if not gone:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)
    assert all(ended)


def descendants(number):
    """A process and all that came of it, by number; nothing of one that has just ended."""
    try:
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [number, *(found for child in children for found in descendants(int(child)))]


def test_nothing_stays_when_all_is_killed_while_bwrap_starts(folder):
    """Held between bwrap's clone() and its "go", where its child knows of no parent to end with."""
    available("bubblewrap")
    full, bwrap = folder / "full", folder / "bwrap"
    os.mkfifo(full)
    bwrap.write_text(
        f'#!/bin/sh\nexec 9>{full}\nexec {sandbox.probe("bubblewrap").program} --info-fd 9 "$@"\n'
    )
    bwrap.chmod(0o755)
    reader = os.open(full, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(full, os.O_WRONLY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):  # bwrap then waits to say what it has started
        while True:
            os.write(writer, b"x" * 4096)
    driver = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from pathlib import Path\n"
            "from i2dl_course.sandbox.bubblewrap import Bubblewrap\n"
            "Bubblewrap(Path(sys.argv[1]))([sys.executable, '-c', ''], sys.argv[2])",
            bwrap,
            folder,
        ]
    )
    # Itself, the keeper, bwrap and its child; or it has ended, and there are fewer.
    until(lambda: len(descendants(driver.pid)) == 4 or driver.poll() is not None)
    handles = [os.pidfd_open(number) for number in descendants(driver.pid)]
    assert len(handles) == 4
    driver.kill()
    driver.wait()
    assert_ended(handles)
    os.close(reader)
    os.close(writer)


def test_other_processes_get_no_signal(launch, folder, victim):
    process, _ = victim
    found = run(
        launch,
        folder,
        """
        import fcntl, signal
        victim = int(sys.argv[1])
        read, write = os.pipe()
        def by_the_pipe():
            fcntl.fcntl(read, 8, victim)                        # F_SETOWN
            fcntl.fcntl(read, 10, int(signal.SIGKILL))          # F_SETSIG
            fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC)
            os.write(write, b"x")
        say([tried(os.kill, victim, 9), tried(os.kill, os.getppid(), 9), tried(os.kill, -1, 9),
             tried(os.killpg, 0, 9), tried(os.pidfd_open, victim), tried(by_the_pipe)])
    """,
        process.pid,
    )
    assert "done" not in found
    assert process.poll() is None


def test_other_processes_are_not_looked_into(launch, folder, victim):
    process, content = victim
    seen, traced = run(
        launch,
        folder,
        """
        victim, seen = sys.argv[1], []
        numbers = os.listdir("/proc") if tried(os.listdir, "/proc") == "done" else []
        for number in {*filter(str.isdigit, numbers), victim, str(os.getppid())} - {
                str(os.getpid())}:
            for name in ("environ", "cmdline", "maps", "mem", "cwd/.", "root/.", "fd/0"):
                try:
                    with open(f"/proc/{number}/{name}", "rb") as file:
                        seen.append(file.read(1 << 16).decode("latin-1"))
                except OSError:
                    pass
        PTRACE_ATTACH = 16
        say([seen, libc.ptrace(PTRACE_ATTACH, int(victim), 0, 0)])
    """,
        process.pid,
    )
    assert not [text for text in seen if content in text]
    assert traced == -1


def test_there_is_no_other_process_in_there_that_has_no_filter(folder):
    available("bubblewrap")
    assert run(
        sandbox.launcher("bubblewrap"),
        folder,
        """
        say([[name for name in os.listdir("/proc") if name.isdigit()], os.getpid(), os.getppid()])
    """,
    ) == [["1"], 1, 0]


# --- limits ----------------------------------------------------------------------------------


def test_six_gigabytes_are_a_memory_error(launch, folder):
    assert run(
        launch,
        folder,
        """
        import mmap
        say([tried(bytearray, 6 << 30), tried(mmap.mmap, -1, 6 << 30)])
    """,
    ) == ["MemoryError", "OSError"]


def test_an_endless_loop_ends_with_its_cpu_seconds(level, folder):
    launch = sandbox.launcher(level, limits={**LIMITS, "CPU": 1})
    process = launch(argv("while True: pass"), folder)
    assert read_to_the_end(process) == b""
    process.kill()


def test_no_limit_can_be_raised_again(launch, folder):
    found = run(
        launch,
        folder,
        """
        import resource
        said = {}
        for name in sys.argv[1:]:
            kind = getattr(resource, "RLIMIT_" + name)
            hard = resource.getrlimit(kind)[1]
            said[name] = [hard, tried(resource.setrlimit, kind, (hard + 1, hard + 1))]
        say(said)
    """,
        *LIMITS,
    )
    assert found == {name: [value, "ValueError"] for name, value in LIMITS.items()}


# --- powers ----------------------------------------------------------------------------------


def test_it_has_no_capability_and_can_get_none(launch, folder):
    capabilities, no_new_privileges, seccomp_mode, users, groups = run(
        launch,
        folder,
        """
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        data = (ctypes.c_uint32 * 6)(*[1] * 6)
        libc.capget(header, data)
        say([list(data), libc.prctl(39, 0, 0, 0, 0), libc.prctl(21, 0, 0, 0, 0),
             [*os.getresuid(), *os.getresgid()], os.getgroups()])
    """,
    )
    assert capabilities == [0] * 6
    assert (no_new_privileges, seccomp_mode) == (1, 2)
    if os.getuid() != 0:
        assert 0 not in users


def test_root_is_nobody_in_there_on_the_host_too(folder):
    available("bubblewrap")
    process = sandbox.launcher("bubblewrap")(
        argv("say(open('/proc/self/status').read()); sys.stdin.read()"), folder
    )
    with os.fdopen(os.dup(process.from_worker)) as said:
        inside = json.loads(said.readline())
    outside = Path(f"/proc/{descendants(process.popen.pid)[-1]}/status").read_text()
    process.kill()
    for status, user in (inside, NOBODY), (outside, os.geteuid() or NOBODY):
        lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(lines["Uid"].split()) == set(lines["Gid"].split()) == {str(user)}
        assert {lines[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}


def test_every_namespace_is_its_own(folder):
    available("bubblewrap")
    names = ("user", "pid", "net", "ipc", "uts", "mnt", "cgroup")
    inside = run(
        sandbox.launcher("bubblewrap"),
        folder,
        """
        say({name: os.readlink("/proc/self/ns/" + name) for name in sys.argv[1:]})
    """,
        *names,
    )
    assert [name for name in names if inside[name] == os.readlink(f"/proc/self/ns/{name}")] == []


def test_no_setting_of_the_kernel_is_opened_for_writing(launch, folder):
    found = run(
        launch,
        folder,
        """
        say([path for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
                               "/proc/sysrq-trigger", "/proc/sys/fs/binfmt_misc/register",
                               "/proc/sys/vm/drop_caches", "/proc/sys/user/max_user_namespaces")
             if tried(os.open, path, os.O_WRONLY) == "done"])
    """,
    )
    assert found == []


def test_mounting_fails(launch, folder):
    found = run(
        launch,
        folder,
        """
        home = os.getcwd().encode()
        say([libc.mount(b"tmpfs", home, b"tmpfs", 0, None),
             libc.mount(b"/", home, None, 4096, None),
             libc.mount(None, b"/", None, 1 << 18, None),
             libc.umount2(home, 2), libc.umount2(b"/proc", 2),
             libc.unshare(0x00020000), libc.unshare(0x10000000),
             libc.pivot_root(home, home) if hasattr(libc, "pivot_root") else -1,
             libc.chroot(home)])
    """,
    )
    assert set(found) == {-1}


def test_mounting_fails_even_without_the_filter(monkeypatch, folder):
    available("bubblewrap")
    monkeypatch.setattr(bubblewrap, "seccomp_filter", lambda threads: NO_FILTER)
    found = run(
        sandbox.launcher("bubblewrap"),
        folder,
        """
        home = os.getcwd().encode()
        say([libc.mount(b"tmpfs", home, b"tmpfs", 0, None), libc.umount2(home, 2),
             libc.mount(None, b"/usr/lib", None, 4096 | 32, None), libc.unshare(0x00020000),
             tried(os.chroot, home)])
    """,
    )
    assert found == [-1, -1, -1, -1, "PermissionError"]


def test_without_the_filter_files_are_still_out_of_reach(monkeypatch, level, folder, secret):
    module = {"bubblewrap": bubblewrap, "landlock": landlock}[level]
    monkeypatch.setattr(module, "seccomp_filter", lambda threads: NO_FILTER)
    path, content = secret
    found = run(sandbox.launcher(level), folder, READS, path, ROOT / "course.toml", "/etc/passwd")
    assert set(found.values()) == {None}


def test_every_refused_system_call_is_refused(launch, folder):
    pyseccomp = pytest.importorskip("pyseccomp")
    numbers = {name: pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) for name in REFUSED}
    numbers = {name: number for name, number in numbers.items() if number >= 0}
    assert len(numbers) > 90
    found = run(
        launch,
        folder,
        """
        say({pair: called(int(pair.partition("=")[2]), 0, 0, 0, 0, 0, 0) for pair in sys.argv[1:]})
    """,
        *(f"{name}={number}" for name, number in numbers.items()),
    )
    assert {pair for pair, result in found.items() if result != "EPERM"} == set()


def test_an_unknown_system_call_does_not_exist(launch, folder):
    pyseccomp = pytest.importorskip("pyseccomp")
    names = (
        "clone3",
        "openat2",
        "vmsplice",
        "splice",
        "mlockall",
        "timer_create",
        "seccomp",
        "landlock_create_ruleset",
        "get_mempolicy",
        "sendmsg",
        "io_setup",
        "sigaltstack",
    )
    numbers = [pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) for name in names]
    found = run(
        launch,
        folder,
        "say([called(int(n), 0, 0, 0, 0, 0, 0) for n in sys.argv[1:]])",
        *numbers,
        4000,
    )
    assert found == ["ENOSYS"] * (len(names) - 1) + [0, "ENOSYS"]  # sigaltstack is for all


def test_calls_that_also_have_a_harmless_use_keep_to_it(launch, folder, victim):
    found = run(
        launch,
        folder,
        """
        import fcntl, resource, termios
        victim = int(sys.argv[1])
        open("mine", "w").close()
        read, write = os.pipe()
        def prctl(option):
            if libc.prctl(option, 1, 0, 0, 0) < 0:
                raise OSError(ctypes.get_errno(), "prctl")
        say({
            "truncate while reading": tried(os.open, "mine", os.O_RDONLY | os.O_TRUNC),
            "limit another process":
                tried(resource.prlimit, victim, resource.RLIMIT_CPU, (1, 1)),
            "type into a terminal": tried(fcntl.ioctl, 0, termios.TIOCSTI, b"x"),
            "be told by a signal": tried(fcntl.ioctl, read, termios.FIOASYNC, bytes([1, 0, 0, 0])),
            "name who gets the signals": tried(fcntl.fcntl, read, 8, os.getpid()),
            "lease a file": tried(fcntl.fcntl, read, fcntl.F_SETLEASE, fcntl.F_WRLCK),
            "keep capabilities": tried(prctl, 8),
            "let itself be traced": tried(prctl, 0x59616D61),
            "have no parent": tried(prctl, 1),
        })
    """,
        victim[0].pid,
    )
    assert {what for what, result in found.items() if result == "done"} == set()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the x32 and 32-bit calls of x86-64")
def test_the_calls_of_another_architecture_are_no_way_around(launch, folder):
    found = run(
        launch,
        folder,
        """
        say("before")
        say(called(0x40000000 + 39))  # getpid of x32
    """,
    )
    assert found == "before"


# --- what it is given ------------------------------------------------------------------------


def test_only_the_pipes_are_inherited(launch, folder):
    inherited = [number for pair in (os.pipe(), os.pipe()) for number in pair]
    for number in inherited:
        os.set_inheritable(number, True)
    try:
        found = run(
            launch,
            folder,
            """
            def is_open(number):
                try:
                    os.fstat(number)
                except OSError:
                    return False
                return True
            say([number for number in range(4096) if is_open(number)])
        """,
        )
    finally:
        for number in inherited:
            os.close(number)
    assert found == [0, 1, 2]


def test_the_environment_is_the_short_list(launch, folder, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found = run(launch, folder, "say([dict(os.environ), sys.path])")
    assert set(found[0]) - {"PWD"} == set(bare_environment(folder / "home"))
    assert found[0]["HOME"] == str(home(launch, folder))
    assert found[0]["OPENBLAS_NUM_THREADS"] == "1"
    assert str(ROOT) not in found[1]


def test_errors_of_the_program_are_nobodys_to_read(launch, folder):
    assert (
        run(
            launch,
            folder,
            """
        os.write(2, b"x" * 100)
        say(os.fstat(2).st_rdev == os.stat("/dev/null").st_rdev)
    """,
        )
        is True
    )


@pytest.mark.parametrize("library", ["numpy", "pandas", "matplotlib.figure"])
def test_the_course_libraries_work(launch, folder, library):
    found = run(
        launch,
        folder,
        """
        import importlib, warnings
        warnings.simplefilter("error")
        importlib.import_module(sys.argv[1])
        if sys.argv[1] == "numpy":
            import numpy
            done = float((numpy.ones((500, 500)) @ numpy.ones((500, 500))).sum())
        elif sys.argv[1] == "pandas":
            import pandas
            pandas.DataFrame({"x": [1, 2]}).to_csv("x.csv")
            done = int(pandas.read_csv("x.csv").x.sum())
        else:
            from matplotlib.figure import Figure
            figure = Figure()
            figure.subplots().plot([1, 2])
            figure.savefig("x.png")
            done = os.path.getsize("x.png") > 1000
        say(done)
    """,
        library,
    )
    assert found == {"numpy": 500.0**3, "pandas": 3, "matplotlib.figure": True}[library]


def test_a_script_runs_as_the_main_module_with_its_arguments(level, folder):
    launch = sandbox.launcher(level)
    (folder / "script.py").write_text(
        "import json, sys\n"
        "print(json.dumps([__name__, __file__, sys.argv, sys.modules['__main__'].__file__,\n"
        "                  sys.stdin.readline()]), flush=True)\n"
    )
    script = str(folder / "script.py")
    process = launch([sys.executable, "-I", "-B", script, "a", "-b"], folder)
    os.write(process.to_worker, b"question\n")
    said = read_to_the_end(process)
    process.kill()
    assert said.decode() == (
        f'["__main__", "{script}", ["{script}", "a", "-b"], "{script}", "question\\n"]\n'
    )


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_two_at_once_do_not_see_each_other(level, warm, folder):
    other = folder / "other"
    other.mkdir()
    (other / "theirs").write_text("theirs")
    mine = folder / "mine"
    mine.mkdir()
    with ExitStack() as stack:
        one, two = (stack.enter_context(sandbox.launcher(level, warm=warm)) for _ in range(2))
        if warm:
            one, two = WarmCode(one), WarmCode(two)
        waiting = one(argv("open('in-home', 'w').write('x'); say(1); sys.stdin.read()"), other)
        os.read(waiting.from_worker, 1)
        found = run(
            two,
            mine,
            READS,
            other,
            other / "theirs",
            other / "home" / "in-home",
            home(one, other) / "in-home",
        )
        waiting.kill()
    assert not any(found.values())


NICE = """
import os, sys
from pathlib import Path

from benchmarks.service import family
from i2dl_course import sandbox
from support.sandboxed import WarmCode, argv

level, warm, folder = sys.argv[1], sys.argv[2] == "True", Path(sys.argv[3])


def begun(pid):
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    return int(after_name.split()[19]), pid


os.nice(5)
with sandbox.launcher(level, warm=warm) as launch:
    process = (WarmCode(launch) if warm else launch)(argv("say(1); sys.stdin.read()"), folder)
    os.read(process.from_worker, 1)
    youngest = max(family(os.getpid()), key=begun)
    print(Path(f"/proc/{youngest}/autogroup").read_text())
    process.kill()
"""


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_what_runs_for_a_process_that_gives_way_gives_way_too(level, warm, folder):
    """nice(1) alone would count among the processes of its own session, and for nobody else."""
    if not Path("/proc/self/autogroup").exists():
        pytest.skip("the scheduler of this kernel has no groups")
    found = subprocess.run(
        [sys.executable, "-c", NICE, level, str(warm), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip().endswith("nice 5"), found.stdout + found.stderr
