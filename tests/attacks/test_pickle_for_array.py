"""Sends a pickle where an array is expected; who unpickles it runs foreign code, as the judge.

Why it might work: .npy files can hold pickles, and numpy.load once read them by default.
It must get: nothing. An array with objects in it is refused by its header.
"""

from attacks.arena import forger


def test_no_pickle_is_ever_read(arena):
    arena.attack(
        forger(
            """
import io
class Shot:
    def __reduce__(self):
        return os.system, ("touch HOST/shot",)
import pickle
array = np.empty(1, object)
array[0] = Shot()
file = io.BytesIO()
np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=True)
def frame(blob):
    head = json.dumps({"wire": 1, "id": request()["id"], "value": ["array", 0],
                       "blobs": [len(blob)]}).encode()
    return struct.pack(">I", len(head)) + head + blob
send(frame(file.getvalue()))
send(frame(pickle.dumps(Shot())))
"""
        )
    )
