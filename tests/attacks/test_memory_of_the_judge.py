"""Reads the memory of its parent, where the hidden cases and the expectations are.

Why it might work: a process may look into another of the same user.
It must get: nothing; neither /proc, nor ptrace, nor process_vm_readv gets there.
"""

import os

from attacks.arena import forger


def test_the_judges_memory_is_closed(arena):
    verdicts = arena.attack(
        forger(
            """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        got = []
        for number in {os.getppid(), 1, JUDGE}:
            if number == os.getpid():
                continue
            for what in ("mem", "maps", "environ", "root/etc/passwd", "fd/3"):
                try:
                    open(f"/proc/{number}/{what}", "rb").read(1)
                    got.append(what)
                except OSError:
                    pass
            buffer = ctypes.create_string_buffer(64)
            here = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
            there = (ctypes.c_void_p * 2)(0x400000, 64)
            if libc.process_vm_readv(number, here, 1, there, 1, 0) >= 0:
                got.append("process_vm_readv")
            if libc.ptrace(16, number, 0, 0) >= 0:
                got.append("ptrace")
        report = f"got {got}"
    """.replace("JUDGE", str(os.getpid()))
        )
    )
    assert "got []" in verdicts["affine_forward"].says
