"""The door: receives hand-ins, queues them, has them judged, records and tells. Decides no verdict.

In reading order:

    door.py       the pages and the POST over HTTP
    hub.py        who has signed in at a JupyterHub, in the place of links
    service.py    all of the following together
    links.py      personal links: signed, expiring, revocable
    rate.py       how often somebody may do something
    reception.py  a zip becomes a hand-in that is written down
    exchange_watch.py  what is submitted on the exchange, taken in at once
    turns.py      whose turn it is
    seeds.py      on which cases
    judges.py     threads with warm grading processes
    cluster.py    or with the workers of other machines
    recorder.py   what is judged, into gradebook, folders and exchange
    heap.py       what memory the service keeps
    figures.py    a handful of figures for Prometheus
"""
