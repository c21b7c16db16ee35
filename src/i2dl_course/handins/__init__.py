"""A student's bytes made safe. Knows no solution and no gradebook.

In reading order:

    student_names.py  what a student may be called
    time_stamps.py    when a hand-in was received
    plain_file.py     the one way to read a file that a student could have put there
    layout.py         where in a hand-in the wanted files lie
    opening.py        a hand-in out of a folder or a zip
    unasked.py        what to say of files that nobody asked for
    storing.py        how a collected hand-in lies in its folder
    sanitise.py       the notebook, rebuilt from ours
    outputs.py        what its cells have printed
    plain_text.py     text on its way to a terminal, a log or a page
    failure.py        what goes wrong with one hand-in, in one sentence
"""
