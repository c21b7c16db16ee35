"""Invented hand-ins, and a class of them. Nobody but `commands` imports this room.

In reading order:

    personas.py     whole sample hand-ins, with the outcome that each must get
    variants.py     the reference with pieces replaced: mistakes, and other right ways
    demo.py         a class of personas, from release to feedback
    at_the_door.py  one hand-in over HTTP
"""
