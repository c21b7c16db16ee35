"""Puts itself before every import that follows, and into the place of modules that are loaded.

Why it might work: what the judge imports later, it has then written.
It must get: nothing; the judge imports in its own process.
"""

from attacks.arena import forger


def test_imports_are_hooked_in_its_process_only(arena):
    verdicts = arena.attack(
        forger("""
        import builtins, importlib.abc, types
        class Hook(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path, target=None):
                raise ImportError(name)
        sys.meta_path.insert(0, Hook())
        builtins.__import__ = lambda name, *_, **__: types.ModuleType(name)
        for name in ("numpy.testing", "exercise_code.tests", "json", "struct"):
            sys.modules[name] = types.ModuleType(name)
        report = "hooked"
    """)
    )
    assert not verdicts["sigmoid_forward"].passed
