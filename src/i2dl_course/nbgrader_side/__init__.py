"""Where we meet nbgrader: its gradebook, its settings, and the classes that it is configured with.

Only here is nbgrader imported. nbgrader_config.py names the classes; their room imports the rest.

    settings.py          what nbgrader_config.py says
    run.py               running nbgrader's commands
    database.py          the gradebook's database opened, and its words in ours
    tables.py            our own tables beside nbgrader's
    gradebook.py         what is known of a class, and one transaction for each hand-in
    exchange.py          one student's hand-ins in, one's pages out
    handin_queue.py      what was received, and what became of it
    readiness.py         whether a course could run here
    link_serials.py      whose personal links count no more
    judged.py            the points of every hand-in that was judged
    class_results.py     a class, from gradebook and archive together
    export.py            grades for learning platforms
    extensions.py        more time for single students
    counting.py          which hand-in lies in submitted/
    collect.py           `nbgrader collect`, by our clock
    zip_collect.py       `nbgrader zip_collect`, one zip at a time
    bulk_zip.py          a platform's zip of the zips of all
    roster.py            whom a platform means by a name
    autograde.py         `nbgrader autograde` and the formgrader's button, by the referee
    feedback.py          `nbgrader generate_feedback`, with our page
    formgrader.py        the formgrader's page of a hand-in
    comments.py          room in the gradebook for what a grader says of a task
    release_feedback.py  `nbgrader release_feedback`, one student at a time
    course_lock.py       `course grade` and nbgrader's commands kept apart
    one_by_one.py        nbgrader's converters made to fail one hand-in at a time
    log.py               what these write to terminal and log
"""

from __future__ import annotations

from i2dl_course.nbgrader_side.run import import_quickly

import_quickly()  # before any module in here imports nbgrader, whichever is the first
