"""Pages, from templates. Knows no gradebook and no terminal.

In reading order:

    templates.py          what may be put into a page, and as what
    outcome.py            what a student is told of the tasks
    page.py               the feedback on one notebook
    page.html             its template
    pieces.html           what this and the next template say alike
    formgrader_page.py    what a grader sees on nbgrader's page of a hand-in
    formgrader_page.html  its template
    class_page.py         the report on a class
    class.html            its template
    charts.py             its charts
    class_tables.py       the same as CSV and JSON
    grade_sheets.py       grades as learning platforms read them
    door_page.py          the page at which a student hands in
    door.html             its template
    door.css              what it looks like
    door.js               what it says while one waits
"""
