"""The first code in a sandboxed process: it locks the process up, for good, then runs the program.

    python ENTER SPEC PROGRAM [ARGUMENT ...]        PROGRAM is a script, or -c and the code

It runs before any code of a student, inside what the launcher has built around it, and knows only
the standard library. SPEC is JSON:

    home        the working folder
    skeleton    a folder whose content the home begins with, or null
    limits      {"CPU": 120, ...}: names and values for setrlimit
    user        the user to become when started as root, or null
    parent      the process that this one must not outlive, or null
    landlock    {"read": [path, ...], "write": [path, ...]}, or null for no Landlock
    filter      the seccomp filter, BPF instructions in base64, or null for none

When everything holds, READY is written to the standard error, which then becomes /dev/null. When
anything fails, it says what and exits: a program is never run with less than was asked for. Only
for `--sandbox none` are user, landlock and filter null; that is the launcher's decision.

The program runs in this process and not by another exec, so that the filter can forbid exec.
"""

import base64
import ctypes
import json
import os
import resource
import signal
import sys
import time
import types

READY = b"\x06sandboxed\n"

# By number, because an interpreter built for old systems has no os.pidfd_open; the numbers are the
# same on every architecture.
PIDFD_SEND_SIGNAL, PIDFD_OPEN = 424, 434

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 24, 22, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522
LAST_POSSIBLE_CAPABILITY = 63

# Landlock's calls have the same numbers on every architecture.
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_CREATE_RULESET_VERSION = 1
LANDLOCK_RULE_PATH_BENEATH = 1
# linux/landlock.h: the rights on files, each with the ABI that brought it.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
TRUNCATE = 1 << 14
RIGHTS_OF_ABI = {1: 13, 2: 14, 3: 15, 5: 16}  # how many of the bits above ABI n knows
NETWORK = 0b11  # bind and connect of TCP, since ABI 4
SCOPES = 0b11  # abstract Unix sockets and signals, since ABI 6
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

# The kernel hears one wish about the groups of its scheduler in a tenth of a second, of anybody.
MOST_TRIES, SECONDS_BETWEEN_TRIES = 100, 0.05

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    """Call libc with every number as wide as a register; OSError when it returns a negative."""
    widened = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = getattr(libc, function)(*widened)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}{arguments[:1]}: {os.strerror(number)}")
    return result


def become(user):
    """Give up every capability, and root itself for `user` when that is not None."""
    for capability in range(LAST_POSSIBLE_CAPABILITY + 1):
        try:
            call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:  # not one that this kernel knows, or not ours to drop: then not ours to use
            continue
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())


def limit(limits):
    """Set the limits, soft and hard, never above what is already set."""
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:  # macOS has no MSGQUEUE
            continue
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except ValueError:  # macOS has RLIMIT_AS, but lets nobody set it
            if sys.platform == "linux":
                raise


def landlock_abi():
    """The version of Landlock that this kernel has; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    try:
        return call("syscall", LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    except OSError:
        return 0


def landlock(read, write):
    """From now on only what lies beneath `read` can be read, and only beneath `write` written."""
    abi = landlock_abi()
    if abi < 1:
        raise OSError("this kernel has no Landlock")
    known = (1 << max(bits for since, bits in RIGHTS_OF_ABI.items() if since <= abi)) - 1
    attributes = [known, *([NETWORK] if abi >= 4 else []), *([SCOPES] if abi >= 6 else [])]
    ruleset_attributes = (ctypes.c_uint64 * len(attributes))(*attributes)
    ruleset = call(
        "syscall", LANDLOCK_CREATE_RULESET, ruleset_attributes, ctypes.sizeof(ruleset_attributes), 0
    )
    for rights, paths in ((READ, read), (WRITE, write)):
        for path in paths:
            _allow(ruleset, path, rights & known)
    call("syscall", LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


class PathBeneath(ctypes.Structure):
    """struct landlock_path_beneath_attr"""

    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def _allow(ruleset, path, rights):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        # What is not there, or is closed to this user anyway, needs no right.
        return
    rights = rights if os.path.isdir(path) else rights & OF_A_FILE
    rule = PathBeneath(rights, descriptor)
    call("syscall", LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(descriptor)


class Program(ctypes.Structure):
    """struct sock_fprog: how many instructions, and where they are."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def filter_calls(instructions):
    """Load a seccomp filter; `instructions` are 8 bytes each."""
    program = Program(len(instructions) // 8, instructions)
    call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def lock_up(spec):
    """Apply everything that `spec` asks for; raises OSError when something cannot be had."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.umask(0o077)
    if spec["filter"] is not None:
        become(spec["user"])
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.chdir(spec["home"])
    if spec["parent"] is not None:
        # Not before the change of user, which clears it.
        call("prctl", PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != spec["parent"]:
            raise OSError("the process that started this one has ended")
    limit(spec["limits"])
    if spec["landlock"] is not None:
        landlock(spec["landlock"]["read"], spec["landlock"]["write"])
    if spec["filter"] is not None:
        filter_calls(base64.b64decode(spec["filter"]))


def give_way():
    """Have the processor's scheduler know how nice this process is, which leads its session.

    Sessions share the processors alike (sched(7), autogroup), and nice counts within one alone.
    """
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice <= 0:
        return
    try:
        group = os.open("/proc/self/autogroup", os.O_WRONLY)
    except OSError:  # such a kernel has no groups
        return
    for _ in range(MOST_TRIES):
        try:
            os.write(group, str(nice).encode())
            break
        except BlockingIOError:
            time.sleep(SECONDS_BETWEEN_TRIES)
        except OSError:  # nor is it ours to say
            break
    os.close(group)


def read_skeleton(folder):
    """What homes begin with: name, mode, times and content of all in `folder`, outermost first.

    A folder has no content, and nor has a home that begins with nothing.
    """
    found = []
    for above, _, files in os.walk(folder) if folder is not None else ():
        for path in (above, *(os.path.join(above, name) for name in files)):
            state, content = os.stat(path), None
            if path != above:
                with open(path, "rb") as file:
                    content = file.read()
            times = (state.st_atime_ns, state.st_mtime_ns)
            found.append((os.path.relpath(path, folder), state.st_mode & 0o777, times, content))
    return found


def fill(home, skeleton, user):
    """Begin a home with what read_skeleton has found, owned by `user` when that is not None."""
    for name, mode, times, content in skeleton:
        path = os.path.join(home, name)
        if content is None:
            os.makedirs(path, exist_ok=True)
            os.chmod(path, mode)
        else:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            if os.write(file, content) < len(content):
                raise OSError(f"there is no room for {name}")
            # By the times of the originals, IPython tells whether to reload a module.
            os.utime(file, ns=times)
            os.close(file)
    # Then only: even root may not write to what is another's, with the few rights that it has here.
    for name, *_ in skeleton if user is not None else ():
        os.chown(os.path.join(home, name), user, user)


def say_ready():
    """Tell the launcher that everything holds; from now on the standard error is /dev/null."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.write(2, READY)
    os.dup2(nothing, 2)
    os.close(nothing)


def run(program, arguments):
    """Run a script, or code after -c, as `__main__` of this process."""
    if program == "-c":
        source, name, arguments = arguments[0], "<string>", arguments[1:]
    else:
        name = program
        with open(program, "rb") as file:
            source = file.read()
    sys.argv = [program, *arguments]
    main = types.ModuleType("__main__")
    if program != "-c":
        main.__file__ = program
    sys.modules["__main__"] = main
    exec(compile(source, name, "exec"), main.__dict__)


def main():
    """Lock this process up, say so, and run the program."""
    _, spec, program, *arguments = sys.argv
    spec = json.loads(spec)
    give_way()
    fill(spec["home"], read_skeleton(spec["skeleton"]), spec["user"])
    lock_up(spec)
    say_ready()
    run(program, arguments)


if __name__ == "__main__":
    main()
