"""Many hand-ins: whose, where, again or not. Knows no terminal.

Gradebook and settings are asked of `nbgrader_side`. In reading order:

    best.py             before it: the best hand-in of each student put in its place
    run.py              the run: a job for each hand-in that needs one, its result recorded
    regrade.py          what a run would change, told before it does
    look.py             whether anything in a folder can have changed since it was read
    fingerprint.py      when grading again could say nothing new
    course_kit.py       what has to be at hand wherever hand-ins are graded
    grading_process.py  a process that grades, and the parent's end of it
    process_pool.py     some of these on this machine
    dask_engine.py      the workers of a cluster in their place
    output_folders.py   notebooks and pages put in place as a whole
    alike.py            which of them are alike, for a person to look at
    only_run.py         one run at a time, and what a killed one left removed
"""
