"""Traces and profiles every call of its process, and changes what the worker holds on the way.

Why it might work: a trace function sees each frame before each line, the worker's, too.
It must get: nothing; whatever the worker then sends is compared.
"""

from attacks.arena import forger


def test_a_traced_worker_earns_nothing(arena):
    arena.attack(
        forger("""
        def trace(frame, event, argument):
            if event == "return" and isinstance(argument, dict):
                argument.update(passed=True, points=100, value=["bool", True])
            return trace
        sys.settrace(trace)
        sys.setprofile(trace)
        frame = sys._getframe()
        while frame is not None:
            frame.f_trace = trace
            frame = frame.f_back
        report = "traced"
    """)
    )
