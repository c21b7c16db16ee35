"""Replaces the functions that pack its answers by ones that say what they like.

Why it might work: the wire module is loaded in its process, and is a module like any other.
It must get: nothing; what arrives is compared with what is right.
"""

from attacks.arena import forger


def test_own_packing_earns_nothing(arena):
    verdicts = arena.attack(
        forger(
            """
wire = the_wire()
def pack(value, blobs, depth=0):
    blobs.append(np.ones((5, 3)))
    return ["tuple", [["array", len(blobs) - 1], ["handle", 1]]]
replaced = wire.pack
wire.pack = pack
report = f"replaced {replaced.__name__}"
"""
        )
    )
    assert verdicts["affine_forward"].cause
