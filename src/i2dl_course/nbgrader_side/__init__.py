"""Where we meet nbgrader's commands: running them, and the classes that they are configured with.

nbgrader_config.py names the classes; their room imports the rest. In reading order:

    run.py               running nbgrader's commands
    exchange.py          one student's hand-ins in, one's pages out
    collect.py           `nbgrader collect`, by our clock
    zip_collect.py       `nbgrader zip_collect`, one zip at a time
    bulk_zip.py          a platform's zip of the zips of all
    roster.py            whom a platform means by a name
    autograde.py         `nbgrader autograde` and the formgrader's button, by the referee
    feedback.py          `nbgrader generate_feedback`, with our page
    formgrader.py        the formgrader's page of a hand-in
    comments.py          room in the gradebook for what a grader says of a task
    release_feedback.py  `nbgrader release_feedback`, one student at a time
    export.py            grades for learning platforms
    readiness.py         whether a course could run here
    course_lock.py       `course grade` and nbgrader's commands kept apart
    one_by_one.py        nbgrader's converters made to fail one hand-in at a time
    log.py               what these write to terminal and log
"""

from __future__ import annotations

from i2dl_course.records.nbgraders_import import import_quickly

import_quickly()  # before any module in here imports nbgrader, whichever is the first
