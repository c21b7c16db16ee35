"""The student tree: all that students get, made of release/ and student_tree/, and where it goes.

What authors write is not read here, so nothing can be published that the release has not. In
reading order:

    links.py       the addresses under which students open it
    tree.py        what it holds
    change.py      what differs from what was published, and what must not
    folder.py      into a folder
    repository.py  into a Git repository, as one commit on top
    lite.py        as a site that runs Python in the browser
"""
