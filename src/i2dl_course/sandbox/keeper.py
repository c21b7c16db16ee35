"""Between a launcher and bwrap: nothing that bwrap starts outlives either of them.

    python KEEPER SAID MAPPED COMMAND [ARGUMENT ...]

A bwrap that is killed between its clone() and its "go" leaves a child that waits for ever: only
after that does the child ask the kernel to end it with its parent. Here bwrap is the first process
of a namespace of process numbers, with which the kernel ends all others in it, whatever they wait
for. And it gets its user namespace from here, so that nobody has to be asked between its steps.

SAID and MAPPED are descriptors. One byte comes over SAID when there is a user namespace; one byte
over MAPPED says that its users are known; then SAID brings the number of bwrap, the COMMAND, as
bwrap itself would tell that of its child: {"child-pid": 4711}. This knows only the standard
library, and little of that, because it starts with every sandbox.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys

_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_NEW_USERS, _NEW_NUMBERS = 0x10000000, 0x20000000  # CLONE_NEWUSER, CLONE_NEWPID
_OPEN_PROCESS = 434  # pidfd_open, everywhere
_SIGNALLED = 128  # what a shell adds to the number of the signal

libc = ctypes.CDLL(None, use_errno=True)


def require(result: int) -> int:
    """`result` of a call of libc; OSError when it is negative."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def end_with(parent: int) -> None:
    """End when `parent`, a descriptor of the process that started this one, does; or at once."""
    require(libc.prctl(_END_WITH_PARENT, int(signal.SIGKILL), 0, 0, 0))
    poll = select.poll()
    poll.register(parent, select.POLLIN)
    if poll.poll(0):  # it had ended before the kernel was asked
        os._exit(_SIGNALLED + signal.SIGKILL)


def main() -> int:
    """Keep the command; ends as it ends."""
    said, mapped = map(int, sys.argv[1:3])
    command = sys.argv[3:]
    launcher = require(libc.syscall(_OPEN_PROCESS, os.getppid(), 0))
    itself = require(libc.syscall(_OPEN_PROCESS, os.getpid(), 0))
    require(libc.unshare(_NEW_USERS | _NEW_NUMBERS))
    end_with(launcher)  # not before: new rights clear what the kernel was asked for
    os.write(said, b"n")
    if not os.read(mapped, 1):  # the launcher has ended, or given up
        return 1
    number = os.fork()
    if not number:
        end_with(itself)
        for descriptor in (said, mapped, launcher, itself):
            os.close(descriptor)
        os.execv(command[0], command)
    os.write(said, b'{"child-pid": %d}' % number)
    os.closerange(0, os.sysconf("SC_OPEN_MAX"))  # a pipe ends when the sandbox lets go of it
    code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    return code if code >= 0 else _SIGNALLED - code


if __name__ == "__main__":
    os._exit(main())
