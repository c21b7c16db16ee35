"""The wire format between us and the processes that run a student's code, version 1.

Nothing that such a process sends is trusted. The format is plain on purpose: it can be checked
field by field before anything is made out of it, and it never carries code or pickles.

A **frame** is

    4 bytes      length of the header, unsigned, big-endian, at most MAX_HEADER
    header       JSON, UTF-8, one object; its key "blobs" lists the length of each blob
    blobs        one array each, as an .npy file of format version 1.0, without pickles;
                 together at most MAX_BLOBS bytes

A **request** has the keys

    wire         1, the version
    id           a random string that the answer must repeat
    op           what is asked for; see below

and an **answer** repeats wire and id. Both kinds of process know

    op "load"    files: names of files; their contents are the blobs, arrays of bytes

The **worker** (worker.py), which answers the referee, also knows the ops "call", for a function,
"make", for an object of a model, and "method", for a method of it. Their requests have the keys

    name         of the function, the model or the method
    args         for "call" and "method": a list of packed values
    params       for "make" and "method": the model's parameters, a packed dict
    model        for "method": the number of the object
    release      numbers of caches and models that are not needed any more
    fresh        whether the student's files are run anew before, as for each task

and the answers to them

    value        the packed return value, or absent
    first        the number of the first array of the value: all that a worker sends are numbered
    error        instead of a value: {"kind", "message", "file", "line", "text"}
    changed      [[blob, packed array], ...]: arrays of the request, by the number of their blob,
                 that were changed in place, in shape and type too; or absent
    overwritten  [[number, packed array], ...]: arrays of earlier values that are others now
    params       of a model: [[name, packed array], ...]: parameters that are others now; none for
                 one that is no array any more
    warnings     [[name of the kind, text], ...]: what NumPy or the student's code warned of

and the op "change", with which all that is called from then on is the student's code with one
piece of it changed, each time with another one (exercise_code/tests/changes.py). Its requests have

    file         the student's file
    names        of the functions in it that will be called
    line         the one line that is changed, or null

and the answers

    change       [kind, line, piece, nth]; null when there is none left

The op "step" has the same answers, and the same requests without a line: it goes to the next step
of the student's code (exercise_code/tests/steps.py). The op "given" puts its blob in the place of
that step, for all that is called from then on.

The **shell** (shell.py), which runs the cells of a notebook, also knows

    op "run"     cell: whether the run is counted as that of a cell; the code is the blob

and answers

    outputs      as in a notebook, but the text of a stream or of data is one text under "text",
                 and a picture is {"png": n}: blob n, an array of the bytes of a PNG
    more         whether there was more than is kept
    count        the number of the cell

A **packed value** is a list whose first item names its type:

    ["none"]  ["bool", true]  ["int", "12"]  ["float", "0x1.8p+1"]  ["str", "..."]
    ["array", blob]           an array; bool, integer, real or complex
    ["scalar", blob]          a NumPy scalar, carried as an array without dimensions
    ["tuple", [...]]  ["list", [...]]  ["dict", [[key, value], ...]]
    ["handle", 3]             something kept in the worker (a cache), known here by its number
    ["foreign", "DataFrame"]  any other object: only the name of its type crosses

Everything else is a WireError, whoever sent it.
"""

import io
import json
import keyword
import math
import re
import struct
from functools import lru_cache

import numpy as np

VERSION = 1
MAX_HEADER = 1 << 20  # a call's header is some hundred bytes; a student's error text is cut at 2 kB
MAX_BLOBS = 64 << 20  # the largest case is under 1 MB; room for a student who returns float128
MAX_TEXT = 2000
MAX_DEPTH = 6
MAX_ITEMS = 1000

_LENGTH = struct.Struct(">I")
_NPY_LENGTH = struct.Struct("<H")  # of the header, after magic and version
_NPY_BEGINNING = b"\x93NUMPY\x01\x00"
_NPY_START = len(_NPY_BEGINNING) + _NPY_LENGTH.size
# As NumPy writes it, for the types that cross. NumPy's own reader takes any Python literal here.
_NPY_HEADER = re.compile(
    rb"\{'descr': '([<>|][biufc][0-9]{1,2})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:[0-9]+,(?: [0-9]+,?)*)?)\), \} *\n"
)
_KINDS = "biufc"  # of the types that cross
_KEY_TYPES = (str, int, float, bool, type(None))
_MAX_DIMENSIONS = 16
_MAX_NPY_HEADER = 1024  # 128 for every array of less than ten dimensions
_text = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode  # pack() makes trees
_value = json.JSONDecoder().decode
ID_BYTES = 8  # of a random id, in hexadecimal digits
_NO_ID = "0" * 2 * ID_BYTES


class WireError(ValueError):
    """What was sent does not keep to the format."""


class Handle:
    """Something that stays in the worker, known to the referee by a number.

    Parameters
    ----------
    number : int
    released : list, optional
        Gets the number when the last reference is gone, so that the worker can forget it too.
    """

    __slots__ = ("_released", "number")

    def __init__(self, number, released=None):
        self.number = number
        self._released = released

    def __del__(self):
        if self._released is not None:
            self._released.append(self.number)

    def __repr__(self):
        return "<what your own function returned as its cache>"


class Foreign:
    """Stands for an object that cannot cross; its class carries the name of the original's."""

    def __repr__(self):
        return f"<a {type(self).__name__}>"


def foreign(kind):
    """A stand-in whose type is called `kind`."""
    name = kind if kind.isidentifier() and not keyword.iskeyword(kind) else "object"
    return type(name[:40], (Foreign,), {})()


def pack(value, blobs, depth=0):
    """Turn a value into its packed form; arrays are appended to `blobs`.

    Objects that the format has no word for become "foreign". Raises WireError when the value is
    nested deeper than MAX_DEPTH or holds more than MAX_ITEMS items.
    """
    if depth > MAX_DEPTH:
        raise WireError(f"a value is nested more than {MAX_DEPTH} deep")
    if type(value) is np.ndarray and value.dtype.kind in _KINDS:  # what nearly all are, at once
        blobs.append(value)
        return ["array", len(blobs) - 1]
    if type(value) is str:  # their names
        return ["str", value[:MAX_TEXT]]
    if value is None:
        return ["none"]
    if isinstance(value, Handle):
        return ["handle", value.number]
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if type(value) is not np.ndarray and isinstance(value, np.ndarray):
            return ["foreign", type(value).__name__[:40]]
        if array.dtype.kind not in _KINDS:
            return ["foreign", f"array_of_{array.dtype.name.rstrip('0123456789')}"[:40]]
        blobs.append(array)
        return ["array" if isinstance(value, np.ndarray) else "scalar", len(blobs) - 1]
    if isinstance(value, bool):
        return ["bool", bool(value)]
    if isinstance(value, int):
        return ["int", str(int(value))] if value.bit_length() < 1024 else ["foreign", "int"]
    if isinstance(value, float):
        return ["float", float(value).hex()]
    if isinstance(value, str):
        return ["str", str(value)[:MAX_TEXT]]
    if isinstance(value, (tuple, list)):
        if len(value) > MAX_ITEMS:
            raise WireError(f"a {type(value).__name__} has more than {MAX_ITEMS} items")
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, [pack(item, blobs, depth + 1) for item in list(value)]]
    if isinstance(value, dict):
        if len(value) > MAX_ITEMS:
            raise WireError(f"a dict has more than {MAX_ITEMS} items")
        items = list(value.items())
        return ["dict", [[pack(k, blobs, depth + 1), pack(v, blobs, depth + 1)] for k, v in items]]
    return ["foreign", type(value).__name__[:40]]


def unpack(packed, blobs, handle=Handle, depth=0):
    """Turn a packed form back into a value; `handle` maps a handle's number to what it stands for.

    Raises WireError for anything that :func:`pack` cannot have made.
    """
    if depth > MAX_DEPTH or not isinstance(packed, list) or not packed:
        raise WireError("a packed value must be a short list that begins with its type")
    if packed == ["none"]:
        return None
    if len(packed) != 2:
        raise WireError("a packed value must have a type and one content")
    kind, content = packed
    if kind in ("array", "scalar") and _is_count(content) and content < len(blobs):
        array = blobs[content]
        if kind == "array":  # as nearly all are
            return array
        if array.ndim:
            raise WireError("a scalar has dimensions")
        return array[()]
    if kind == "str" and isinstance(content, str):  # their names
        return content[:MAX_TEXT]
    if kind == "bool" and isinstance(content, bool):
        return content
    if kind == "int" and isinstance(content, str) and len(content) < 400:
        return _number(int, content)
    if kind == "float" and isinstance(content, str) and len(content) < 40:
        return _number(float.fromhex, content)
    if kind in ("tuple", "list") and isinstance(content, list) and len(content) <= MAX_ITEMS:
        items = [unpack(item, blobs, handle, depth + 1) for item in content]
        return tuple(items) if kind == "tuple" else items
    if kind == "dict" and isinstance(content, list) and len(content) <= MAX_ITEMS:
        return dict([_item(item, blobs, handle, depth) for item in content])
    if kind == "handle" and _is_count(content):
        return handle(content)
    if kind == "foreign" and isinstance(content, str):
        return foreign(content)
    raise WireError("a packed value has an unknown type or a content that does not fit it")


def _is_count(value):
    return type(value) is int and 0 <= value < 2**53  # no bool


def _number(parse, text):
    try:
        return parse(text)
    except (ValueError, OverflowError):
        raise WireError("a number cannot be read") from None


def _item(item, blobs, handle, depth):
    if not isinstance(item, list) or len(item) != 2:
        raise WireError("a dict must be packed as pairs")
    key = unpack(item[0], blobs, handle, depth + 1)
    if not isinstance(key, _KEY_TYPES):
        key = f"a {type(key).__name__}"
    return key, unpack(item[1], blobs, handle, depth + 1)


def array_to_npy(array):
    """The bytes of an .npy file, format 1.0, of a plain array."""
    array = np.asarray(array)
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    header = _npy_header(array.dtype, fortran, array.shape)
    return header + array.tobytes("F" if fortran else "C")


@lru_cache(maxsize=256)
def _npy_header(dtype, fortran, shape):
    """The beginning of an .npy file; remembered, for the same shapes cross again and again."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file,
        {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": fortran, "shape": shape},
    )
    return file.getvalue()


def npy_to_array(data, begin, end):
    """A fresh, writeable array from data[begin:end], the bytes of an .npy file.

    The size that the header claims is compared with the bytes that are there before any memory is
    asked for. Raises WireError.
    """
    if end - begin < _NPY_START:
        raise WireError("an array is not in npy format 1.0")
    (length,) = _NPY_LENGTH.unpack_from(data, begin + len(_NPY_BEGINNING))
    if length > _MAX_NPY_HEADER:
        raise WireError("the header of an array is too long")
    content = begin + _NPY_START + length
    dtype, order, shape, size = _read_npy_header(data[begin:content])
    if size != end - content:
        raise WireError("an array's shape does not fit the bytes that came with it")
    try:
        if not size:
            return np.empty(shape, dtype, order)
        return np.ndarray(shape, dtype, data, content, None, order).copy("K")
    except ValueError:  # a side of zero, and others whose product no integer holds
        raise WireError("an array has an impossible shape") from None


@lru_cache(maxsize=256)
def _read_npy_header(header):
    """dtype, order, shape and number of bytes that a checked .npy header claims."""
    if header[: len(_NPY_BEGINNING)] != _NPY_BEGINNING:
        raise WireError("an array is not in npy format 1.0")
    said = _NPY_HEADER.fullmatch(header, _NPY_START)
    if said is None:
        raise WireError("the header of an array cannot be read, or its type does not cross")
    try:
        dtype = np.dtype(said[1].decode("ascii"))
    except TypeError:
        raise WireError(f"there is no type {said[1].decode('ascii')} of arrays") from None
    shape = tuple(map(int, said[3].replace(b",", b" ").split()))
    if not all(map(_is_count, shape)):
        raise WireError("an array has an impossible shape")
    if len(shape) > _MAX_DIMENSIONS:
        raise WireError("an array has more dimensions than any answer needs")
    return dtype, "F" if said[2] == b"True" else "C", shape, math.prod(shape) * dtype.itemsize


def encode(header, blobs=()):
    """One frame as bytes. Raises WireError when it would be too large to be read."""
    return frame(header, [array_to_npy(blob) for blob in blobs])


def frame(header, files):
    """One frame as bytes, whose arrays are .npy files already. Raises WireError as encode."""
    if sum(map(len, files)) > MAX_BLOBS:
        raise WireError(f"the arrays of one message are larger than {MAX_BLOBS >> 20} MB")
    text = _text({**header, "wire": VERSION, "blobs": [len(file) for file in files]}).encode()
    if len(text) > MAX_HEADER:
        raise WireError("the header of a message is too large")
    return b"".join([_LENGTH.pack(len(text)), text, *files])


def template(header, files):
    """What stands in a frame before and after its id, for frames that differ in nothing else."""
    whole = frame({"id": _NO_ID, **header}, files)
    begin = whole.index(_NO_ID.encode(), _LENGTH.size)  # it is the first that is in the header
    return whole[:begin], whole[begin + len(_NO_ID) :]


def decode(read, most=MAX_BLOBS):
    """Read one frame with `read(count)`, which returns exactly that many bytes or raises.

    Its arrays may have `most` bytes together.

    Returns the header, a dict, and the arrays. Raises WireError for whatever does not fit, before
    asking `read` for more than the limits allow.
    """
    (length,) = _LENGTH.unpack(read(_LENGTH.size))
    if length > MAX_HEADER:
        raise WireError("the header of a message is too large")
    try:
        header = _value(read(length).decode("utf-8"))
    except (ValueError, RecursionError):
        raise WireError("the header of a message is not JSON") from None
    if not isinstance(header, dict) or header.get("wire") != VERSION:
        raise WireError(f"a message is not of version {VERSION} of the format")
    sizes = header.get("blobs")
    if not isinstance(sizes, list) or len(sizes) > MAX_ITEMS or not all(map(_is_count, sizes)):
        raise WireError("a message does not say how large its arrays are")
    together = sum(sizes)
    if together > most:
        raise WireError(f"the arrays of one message are larger than {most >> 20} MB")
    files, arrays, begin = read(together), [], 0
    for size in sizes:
        arrays.append(npy_to_array(files, begin, begin + size))
        begin += size
    return header, arrays


class Buffered:
    """Reads exact counts out of what comes in larger parts from ``receive(count)``."""

    def __init__(self, receive):
        self._receive = receive
        self._data, self._begin = b"", 0

    def read(self, count):
        """Exactly `count` bytes, or whatever `receive` raises."""
        begin, end = self._begin, self._begin + count
        if end > len(self._data):
            parts = [self._data[begin:]]
            missing = end - len(self._data)
            while missing > 0:
                part = self._receive(max(missing, 1 << 16))
                parts.append(part)
                missing -= len(part)
            self._data, begin, end = b"".join(parts), 0, count
        self._begin = end
        return self._data[begin:end]
