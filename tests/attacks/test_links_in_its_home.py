"""Puts links, pipes and devices into its own home, for whoever cleans up there to follow.

Why it might work: cleaning up happens as the grader, who may remove anything.
It must get: an error for each; in a sandbox there are plain files and folders only.
"""

from attacks.arena import forger


def test_only_plain_files_can_be_made(arena):
    verdicts = arena.attack(
        forger("""
        import stat
        report = tries(
            lambda: os.symlink("HOST", "bait"), lambda: os.link(__file__, "bait"),
            lambda: os.link("HOST/gradebook.db", "bait"), lambda: os.mkfifo("pipe"),
            lambda: os.mknod("device", 0o666 | stat.S_IFCHR, os.makedev(1, 3)),
            lambda: os.mknod("door", 0o666 | stat.S_IFSOCK),
            lambda: os.rename(os.getcwd(), "../home2"),
            lambda: os.rename("HOST/source", "stolen"))
    """)
    )
    assert "8 ways, got []" in verdicts["affine_forward"].says
