"""Pages, from templates. Knows no gradebook and no terminal.

In reading order:

    templates.py  what may be put into a page, and as what
    outcome.py    what a student is told of the tasks
    page.py       the feedback on one notebook
    page.html     its template
"""
