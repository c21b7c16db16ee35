"""``python -m exercise_code.tests [task ...]``: the table of checks in a terminal.

Exit code 0 when all pass, 1 when one fails, 2 for a name that is no task.
"""

import sys

from exercise_code.tests.checks import CHECKS
from exercise_code.tests.running import check_all
from exercise_code.tests.verdict import say

_USAGE = f"Usage: python -m exercise_code.tests [task ...]\nTasks: {', '.join(CHECKS)}"


def main(arguments):
    if "-h" in arguments or "--help" in arguments:
        say(_USAGE)
        return 0
    try:
        verdicts = check_all(tasks=arguments or tuple(CHECKS))
    except ValueError as error:
        say(str(error))
        return 2
    return 0 if all(verdict.passed for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
