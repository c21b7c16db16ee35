"""The site of the documentation: `make docs`, or `python -m website [FOLDER]`.

    __main__.py    collects the pages, and has Sphinx make a site of them
    collecting.py  which pages there are, and the notebooks as they run when they are handed out
    conf.py        Sphinx's settings
    formulas.py    TeX as MathML, which a browser draws without a script
    elsewhere.py   links to files of the repository that are no page of the site
    pages/         the pages that only the site has: its order, and what is read out of the code
    static/        what our pages look like and do beyond their theme
    templates/     what the theme shows, told to those who hear a page

Nothing in the site comes from another server, and it can be read and searched from a folder.
"""
