"""The judge's report card: verdicts on machine-made mistakes and machine-made right answers.

``python -m benchmarks.report_card`` counts the wrong ones. Its parts:

    trees       the syntax trees of a solution, and what of them a student writes
    operators   one change that makes a mutant
    rewritings  one change that keeps the mathematics
    truth       which tasks are right, told without the checks
    children    processes that may die
"""
