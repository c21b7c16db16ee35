"""Hands in stubs, with a compiled solution in __pycache__ that claims to belong to them.

Why it might work: Python takes a .pyc without looking at its source, where its flags say so.
It must get: what the source earns.
"""

import importlib.util
import py_compile

from attacks.arena import LAYER, ROOT, reference


def test_what_is_compiled_is_not_taken(desk, tmp_path):
    reference().write(tmp_path)
    py_compile.compile(
        str(tmp_path / LAYER),
        importlib.util.cache_from_source(tmp_path / LAYER),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    (tmp_path / LAYER).write_bytes((ROOT / LAYER).read_bytes())
    handin = desk.take_in(tmp_path)
    assert handin.notes() == []
    assert desk.attack(handin)["affine_forward"].cause == "not_implemented"
