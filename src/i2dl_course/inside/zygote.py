"""The warm process of a fork server: it has everything imported, and every fork of it is locked up.

    python ZYGOTE SPEC

It runs inside what its launcher has built around it, never runs a student's code, and knows only
the standard library. SPEC is JSON:

    script      a program with prepare(), called here once, and main(), called in each fork
    home        the working folder of each fork; it is new and empty for each
    skeleton    a folder whose content each home begins with, or null
    in_memory   {"size": bytes, "files": number, "paths": [path, ...], "closed": [path, ...]}: each
                fork gets process numbers of its own, file systems of its own at these paths, each
                for so many bytes and files, and can only read at those; or null for nothing of that
    socket      the descriptor over which forks are asked for
    lock        what enter.py asks for: limits, user, landlock, filter

The launcher sends one byte with three descriptors, which become the standard streams of the fork;
it gets the number of the new process back, in four bytes, and a descriptor of it. Before the fork
runs main(), it is locked up as a process that was started cold is, and says READY on its standard
error. A student's files come after that, over the first stream: no fork sees a byte of a hand-in
before it is locked up.
"""

import ctypes
import gc
import importlib.util
import json
import os
import random
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import enter  # noqa: E402  (it stands beside this file, wherever that is)

del sys.path[0]

CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND = 1, 2, 4, 0x20, 0x1000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_PDEATHSIG = enter.PR_SET_PDEATHSIG
PREPARED = b"r"
STREAMS = 3


class Zygote:
    """Forks itself on request; see the module."""

    def __init__(self, spec):
        self._spec = spec
        self._socket = socket.socket(fileno=spec["socket"])
        self._own_numbers = None
        if spec["in_memory"]:
            self._own_numbers = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._skeleton = enter.read_skeleton(spec["skeleton"])
        self._main = None

    def prepare(self):
        """Import everything, and leave nothing that a fork would have to do again."""
        self._fill_home()
        script = self._spec["script"]
        module_spec = importlib.util.spec_from_file_location("program", script)
        program = importlib.util.module_from_spec(module_spec)
        sys.modules["program"] = program
        module_spec.loader.exec_module(program)
        program.prepare()
        self._main = program.main
        # A thread does not survive a fork, and what it holds stays locked.
        tasks = "/proc/self/task"
        if os.path.isdir(tasks) and len(os.listdir(tasks)) > 1:
            raise RuntimeError("a library has started a thread, so this process cannot be forked")
        gc.collect()
        gc.freeze()  # a collection in a fork then does not write to, and so copy, what is shared

    def serve(self):
        """Fork until the launcher hangs up; then wait for all forks, which have ended with it."""
        self._socket.send(PREPARED)
        while True:
            data, streams, _, _ = socket.recv_fds(self._socket, 1, STREAMS)
            self._reap()
            if not data:
                return
            number = self._fork(streams)
            process = enter.call("syscall", enter.PIDFD_OPEN, number, 0)
            socket.send_fds(self._socket, [number.to_bytes(4, "big")], [process])
            for descriptor in (process, *streams):
                os.close(descriptor)

    def _fork(self, streams):
        """Fork, and return the number of the new process."""
        if self._own_numbers is not None:
            enter.call("unshare", CLONE_NEWPID)  # for the next child, which is the first in there
        number = os.fork()
        if not number:
            try:
                self._become_fork(streams)
                self._main()
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            finally:
                os._exit(0)
        if self._own_numbers is not None:
            enter.call("setns", self._own_numbers, CLONE_NEWPID)
        return number

    def _become_fork(self, streams):
        parent = 0 if self._own_numbers is not None else os.getppid()
        for target, descriptor in enumerate(streams):
            os.dup2(descriptor, target)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        enter.give_way()
        if self._spec["in_memory"]:
            self._own_file_systems()
        self._fill_home()
        enter.lock_up({**self._spec["lock"], "home": self._spec["home"], "parent": parent})
        enter.say_ready()
        random.seed()
        if "numpy.random" in sys.modules:  # or all forks would draw the same numbers
            sys.modules["numpy.random"].seed()

    def _own_file_systems(self):
        """Empty file systems in memory, which nobody else sees, wherever there is room to write."""
        enter.call("unshare", CLONE_NEWNS)
        mount(None, "/", None, MS_REC | MS_PRIVATE)
        # It is that of the process numbers outside; nothing in there needs one.
        enter.call("umount2", b"/proc", MNT_DETACH)
        in_memory = self._spec["in_memory"]
        options = f"mode=1777,size={in_memory['size']},nr_inodes={in_memory['files']}"
        for path in in_memory["paths"]:
            mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options)
        for path in in_memory["closed"]:
            mount(None, path, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)

    def _fill_home(self):
        enter.fill(self._spec["home"], self._skeleton, self._spec["lock"]["user"])

    def _reap(self):
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass

    def end(self):
        """Wait for the forks, so that what they have used is added up in this process."""
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass


def mount(source, target, kind, flags, options=None):
    """mount(2), with texts."""
    texts = [None if text is None else text.encode() for text in (source, target, kind)]
    data = None if options is None else options.encode()
    enter.call("mount", *texts, ctypes.c_ulong(flags), data)


def main():
    """Prepare, and serve."""
    spec = json.loads(sys.argv[1])
    enter.call("prctl", PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != spec["parent"]:
        raise OSError("the process that started this one has ended")
    zygote = Zygote(spec)
    zygote.prepare()
    zygote.serve()
    zygote.end()


if __name__ == "__main__":
    main()
