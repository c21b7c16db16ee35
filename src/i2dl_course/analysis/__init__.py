"""What came of a class, from data alone: its figures, and what many have misunderstood.

Knows no gradebook, no terminal and no page. In reading order:

    results.py         a class, as everything here and every page about it is given it
    figures.py         how many points, when handed in, and what each check tells
    misconceptions.py  cause × students × tries, and who repaired it
    excerpt.py         a few lines of a student's function
"""
