"""The verbs of `course`: one file each, named after it, with HELP, arguments(parser) and run(args).

Only here is a terminal known (argparse, rich), and nobody imports this room: cli.py finds a verb by
its name. In the order in which an instructor meets them:

    build.py          source/ and release/ from what authors wrote
    check_markers.py  the solution markers alone, before a commit
    doctor.py         what this computer offers
    publish.py        what students get, into a folder or a repository
    lite.py           makes a site on which the exercise runs in the browser alone
    prepare.py        the gradebook, before a class begins
    judge.py          one hand-in, no gradebook
    grade.py          a class into the gradebook
    serve.py          the door, for as long as it is open
    links.py          personal links for it
    handins.py        every hand-in, and which one counts
    show.py           one student
    report.py         the class at a glance
    export.py         grades for a learning platform
    similar.py        hand-ins that are alike
    extend.py         more time for one student
    regrade.py        a class anew, after a look at who would move
    replay.py         recorded verdicts, repeated from their seeds
    verify.py         receipts, by the public key
    demo.py           a class of sample hand-ins, by the real commands
    options.py        options that several verbs have
    tables.py         tables for people
    stages.py         progress of a long command
"""
