"""From what authors edit to what students get: text → source/ → release/, and the search for leaks.

In reading order:

    solutions.py  stubs, cut out of the reference
    notebooks.py  notebooks from text
    leaks.py      what must not ship
    build.py      all of it, built apart and put in place
"""
