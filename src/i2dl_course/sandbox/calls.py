"""The system calls that a student's code may make: an allow-list, made into a seccomp filter.

What is not listed fails with ENOSYS, as on an older kernel, so that libraries fall back to what is
listed. What only an attacker would want is listed in REFUSED and fails with EPERM; PRETENDED calls
do nothing and say that they have. Nobody is killed for asking: an exception with a line number is
worth more to a student.

The list is what NumPy, pandas and matplotlib need in one thread. It holds no way to make a process
or a thread, to run another program, to open a socket, to send a signal, to change a namespace, a
mount, an owner or a mode, or to look into another process.
"""

from __future__ import annotations

import base64
import ctypes.util
import errno
import fcntl
import functools
import os
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from i2dl_course.errors import CourseError
from i2dl_course.faults import how_to_install

ALLOWED = """
    read readv pread64 preadv write writev pwrite64 pwritev lseek _llseek sendfile sendfile64
    close close_range dup dup2 dup3 pipe pipe2 creat access faccessat faccessat2
    stat stat64 fstat fstat64 lstat lstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs
    fstatfs64 readlink readlinkat getdents getdents64 getcwd chdir fchdir umask
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 ftruncate ftruncate64 fallocate
    fsync fdatasync fadvise64
    mmap mmap2 munmap mremap mprotect madvise brk msync membarrier
    futex set_robust_list rseq set_tid_address gettid getpid getppid getpgrp getsid
    capget getuid geteuid getgid getegid getresuid getresgid getgroups
    getuid32 geteuid32 getgid32 getegid32 getresuid32 getresgid32 getgroups32
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
    setitimer getitimer alarm pause restart_syscall
    clock_gettime clock_gettime64 clock_getres clock_nanosleep nanosleep gettimeofday time times
    timerfd_create timerfd_settime timerfd_gettime
    poll ppoll select pselect6 _newselect epoll_create epoll_create1 epoll_ctl epoll_wait
    epoll_pwait epoll_pwait2 eventfd eventfd2
    sched_yield sched_getaffinity getcpu getpriority getrusage getrlimit ugetrlimit setrlimit
    uname sysinfo getrandom arch_prctl riscv_flush_icache exit exit_group
""".split()

REFUSED = """
    execve execveat fork vfork ptrace process_vm_readv process_vm_writev process_madvise kcmp
    kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd pidfd_send_signal
    socket socketcall socketpair connect bind listen accept accept4
    mount umount umount2 pivot_root chroot mount_setattr move_mount open_tree fsopen fsconfig
    fsmount fspick unshare setns
    keyctl add_key request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter
    io_uring_register kexec_load kexec_file_load init_module finit_module delete_module
    personality modify_ldt iopl ioperm swapon swapoff reboot acct quotactl syslog
    sethostname setdomainname settimeofday clock_settime adjtimex clock_adjtime
    chown lchown fchown fchownat setxattr lsetxattr fsetxattr removexattr lremovexattr
    fremovexattr truncate truncate64 link linkat symlink symlinkat mknod mknodat
    name_to_handle_at open_by_handle_at
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset
    setpriority ioprio_set sched_setscheduler sched_setparam sched_setattr sched_setaffinity
    fanotify_init inotify_init inotify_init1 inotify_add_watch memfd_create memfd_secret
    shmget shmat shmctl semget semop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink
    lookup_dcookie nfsservctl vhangup migrate_pages move_pages mbind set_mempolicy
""".split()

# Copying a file ends with these. Landlock does not know them, so a student's code could close the
# interpreter's files to everybody; nobody needs them to work, so they are done without an effect.
# A lock on one of the interpreter's files would be felt in every other sandbox, and so carry words
# from one hand-in to another; sqlite3 asks for locks, but is alone with its files.
PRETENDED = "chmod fchmod fchmodat fchmodat2 utime utimes utimensat futimesat flock".split()
PRETENDED_FCNTL = (fcntl.F_SETLK, fcntl.F_SETLKW)

# fmt: off
# fcntl can also name a process that gets any signal when a pipe is read (F_SETOWN, F_SETSIG).
FCNTL = (fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL,
         fcntl.F_SETFL, fcntl.F_GETLK)
# isatty, the width of a terminal, and what io and asyncio ask of a pipe.
IOCTL = (termios.TCGETS, termios.TIOCGWINSZ, termios.FIOCLEX, termios.FIONCLEX, termios.FIONREAD,
         termios.FIONBIO)
PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_SECCOMP, PR_CAPBSET_READ = 15, 16, 3, 21, 23
PR_GET_NO_NEW_PRIVS, PR_SET_VMA = 39, 0x53564D41
PRCTL = (PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_SECCOMP, PR_CAPBSET_READ,
         PR_GET_NO_NEW_PRIVS, PR_SET_VMA)
# fmt: on

# linux/sched.h. A thread shares everything; all namespaces of its own are refused with it.
CLONE_VM, CLONE_THREAD = 0x100, 0x10000
CLONE_NEW = 0x7E020080
OF_THREADS = "sched_setaffinity socketpair sendmsg recvmsg sendto recvfrom shutdown".split()


# What pyseccomp looks for; libc is in every process.
_SHARED_LIBRARIES = {"c": None, "seccomp": "libseccomp.so.2"}


@contextmanager
def _found_at_once() -> Iterator[None]:
    """Let ctypes know where the libraries of pyseccomp are.

    To look for each, it has another program list all libraries, and that takes as long as the rest
    of the filter three times.
    """
    find = ctypes.util.find_library
    ctypes.util.find_library = lambda name: (
        _SHARED_LIBRARIES[name] if name in _SHARED_LIBRARIES else find(name)
    )
    try:
        yield
    finally:
        ctypes.util.find_library = find


@functools.cache
def seccomp_filter(threads: bool = False) -> str:
    """The filter for this machine's architecture: BPF instructions, in base64.

    Parameters
    ----------
    threads : bool
        Whether the process may start threads, and talk between them through socket pairs; no
        other socket exists for it either way.

    Raises CourseError when libseccomp or its Python binding is missing.
    """
    try:
        with _found_at_once():
            import pyseccomp
    except ImportError:
        raise CourseError(f"pyseccomp is not installed; {how_to_install()}.") from None
    except (OSError, RuntimeError):
        raise CourseError(
            "libseccomp.so.2 was not found; install your system's libseccomp package "
            "(on Debian and Ubuntu: libseccomp2)."
        ) from None

    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ERRNO(errno.ENOSYS))
    wide = (1 << 64) - 1

    def add(action: int, name: str, *conditions: Any) -> None:
        # A name that this architecture does not have needs no rule.
        if pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) >= 0:
            rules.add_rule(action, name, *conditions)

    def add_if(action: int, name: str, position: int, value: int, mask: int = wide) -> None:
        add(action, name, pyseccomp.Arg(position, pyseccomp.MASKED_EQ, mask, value & mask))

    allow = functools.partial(add_if, pyseccomp.ALLOW)
    pretend = pyseccomp.ERRNO(0)

    for name in ALLOWED:
        add(pyseccomp.ALLOW, name)
    for name in OF_THREADS if threads else ():
        add(pyseccomp.ALLOW, name)
    for name in REFUSED:
        if not (threads and name in OF_THREADS):
            add(pyseccomp.ERRNO(errno.EPERM), name)
    for name in PRETENDED:
        add(pretend, name)
    for name in ("fcntl", "fcntl64"):
        for command in FCNTL:
            allow(name, 1, command)
        for command in PRETENDED_FCNTL:
            add_if(pretend, name, 1, command)
    for command in IOCTL:
        allow("ioctl", 1, command)
    for command in PRCTL:
        allow("prctl", 0, command)
    allow("prlimit64", 0, 0)  # its own limits, which can only be lowered
    # Reading and cutting short in one is what Landlock before ABI 3 does not see.
    for name, position in (("open", 1), ("openat", 2)):
        allow(name, position, os.O_WRONLY, os.O_ACCMODE)
        allow(name, position, os.O_RDWR, os.O_ACCMODE)
        allow(name, position, os.O_RDONLY, os.O_ACCMODE | os.O_TRUNC)
    if threads:
        allow("clone", 0, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD | CLONE_NEW)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return base64.b64encode(file.read()).decode()
