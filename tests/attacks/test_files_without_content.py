"""Makes a hundred thousand empty files with long names.

Why it might work: a limit on bytes does not count them, and the kernel keeps each in its memory.
It must get: an error, where what it writes is in memory; and all of it is gone when it was judged.
"""

from attacks.arena import forger

from i2dl_course.sandbox.process import SCRATCH_FILES


def test_the_number_of_files_has_a_limit(arena):
    verdicts = arena.attack(
        forger(f"""
        made = 0
        try:
            for made in range({SCRATCH_FILES} + 100):
                os.close(os.open(f"{{made:0200}}", os.O_CREAT | os.O_WRONLY))
            report = "no limit"
        except OSError as error:
            report = f"{{made > 1000}}: {{error.strerror}}"
    """)
    )
    if arena.honest.sandbox == "bubblewrap":
        assert "True: No space left on device" in verdicts["affine_forward"].says
