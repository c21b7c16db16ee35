"""From a hand-in to verdicts: the worker that runs student code, and the referee that judges it."""
