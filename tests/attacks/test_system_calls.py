"""Makes system calls by number, past everything that Python would say no to.

Why it might work: a sandbox that replaces functions of Python knows nothing of them.
It must get: an error from the kernel for each.
"""

import os

import pytest
from attacks.arena import forger

MACHINE = os.uname().machine


@pytest.mark.skipif(MACHINE != "x86_64", reason=f"the calls' numbers are x86_64's, not {MACHINE}'s")
def test_the_kernel_refuses_what_python_is_not_asked(arena):
    verdicts = arena.attack(
        forger("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        calls = {"fork": 57, "vfork": 58, "clone3": 435, "execve": 59, "kill": 62, "ptrace": 101,
                 "socket": 41, "mount": 165, "unshare": 272, "setns": 308, "chroot": 161,
                 "pivot_root": 155, "bpf": 321, "keyctl": 250, "io_uring_setup": 425,
                 "userfaultfd": 323, "memfd_create": 319, "symlink": 88, "link": 86, "mknod": 133,
                 "open_by_handle_at": 304, "perf_event_open": 298, "process_vm_writev": 311,
                 "init_module": 175, "setuid": 105, "capset": 126, "pidfd_getfd": 438}
        got = [name for name, number in calls.items()
               if libc.syscall(number, 0, 0, 0, 0, 0, 0) >= 0]
        report = f"of {len(calls)} calls got {got}"
    """)
    )
    assert "of 27 calls got []" in verdicts["affine_forward"].says
