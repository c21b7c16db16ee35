"""One hand-in → verdicts, notebooks, pages. Knows no gradebook and no terminal.

In reading order:

    referee.py          the checks, on cases drawn for this run
    allowance.py        what a hand-in may cost
    remote.py           a student's functions, as they look from here
    ahead.py            questions that a check will ask anyway, sent together
    line.py             one question, one answer, in time
    sandbox_folder.py   what a locked-up process finds
    notebook_runner.py  a notebook run for the feedback
    assessor.py         all of it for one hand-in
    assessment.py       what is asked of it, and what comes of it
"""
