"""Pages, from templates. Knows no gradebook and no terminal.

In reading order:

    outcome.py  what a student is told of the tasks
    page.py     the feedback on one notebook
    page.html   its template
"""
