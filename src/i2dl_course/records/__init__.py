"""What is on record of a class: nbgrader's gradebook, and our own tables beside it.

Only here is a database opened. Of nbgrader it knows the tables and the settings, and nothing that
plugs into it. In reading order:

    nbgraders_import.py  nbgrader imported without what makes that slow
    settings.py          what nbgrader_config.py says
    database.py          the gradebook's database opened, and its words in ours
    tables.py            our own tables beside nbgrader's
    gradebook.py         what is known of a class, and one transaction for each hand-in
    judged.py            the points of every hand-in that was judged
    shared_commits.py    writes of many threads that share a commit
    handin_queue.py      what was received, and what became of it
    extensions.py        more time for single students
    link_serials.py      whose personal links count no more
    counting.py          which hand-in lies in submitted/
    class_results.py     a class, from gradebook and archive together
    grades.py            the same grades by nbgrader's own means, a second opinion
"""

from __future__ import annotations

from i2dl_course.records.nbgraders_import import import_quickly

import_quickly()  # before any module in here imports nbgrader, whichever is the first
