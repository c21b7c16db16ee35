"""What is received: whether it counts, the signed line that a student gets, and all of it kept.

Whichever way a hand-in comes, by exchange, zip or door, it passes here. In reading order:

    rules.py     before the opening, in time or late; which of several hand-ins counts
    keys.py      the pair of keys that receipts are signed and verified with
    key_file.py  secrets of the door, each in a file that is closed to others
    receipts.py  one signed line for each hand-in, and what a file of them proves
    archive.py   every hand-in, its bytes stored once, and the ledger of receipts
"""
