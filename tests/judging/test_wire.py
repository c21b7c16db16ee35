"""The wire format carries values exactly, and nothing that is not one."""

import io
import json
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from i2dl_course.inside import wire
from i2dl_course.inside.wire import WireError

PLAIN = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(),
    arrays.unsigned_integer_dtypes(),
    arrays.floating_dtypes(),
    arrays.complex_number_dtypes(),
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
ANY_ARRAY = arrays.arrays(PLAIN, SHAPES)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**300), 2**300),
        st.floats(),
        st.text(max_size=20),
        ANY_ARRAY,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ),
    max_leaves=6,
)


def reader(data):
    stream = io.BytesIO(data)

    def read(count):
        part = stream.read(count)
        if len(part) < count:
            raise EOFError
        return part

    return read


def through(value):
    blobs = []
    packed = wire.pack(value, blobs)
    header, received = wire.decode(reader(wire.encode({"value": packed}, blobs)))
    return wire.unpack(header["value"], received)


def same(a, b):
    if isinstance(a, (np.ndarray, np.generic)):
        return (
            type(a) is type(b)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and (np.asarray(a).tobytes() == np.asarray(b).tobytes())
        )
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and (a == b or (a != a and b != b))


@settings(deadline=None)
@given(VALUES)
def test_a_value_arrives_as_it_was_sent(value):
    assert same(value, through(value))


@settings(deadline=None)
@given(ANY_ARRAY)
def test_a_strided_or_read_only_array_arrives_with_its_values(array):
    view = np.moveaxis(array, 0, -1)[..., ::-1] if array.ndim else array
    view.flags.writeable = False
    received = through(view)
    assert received.flags.writeable
    assert (received.dtype, received.shape) == (view.dtype, view.shape)
    assert received.tobytes() == view.tobytes()


def test_a_numpy_scalar_stays_a_scalar():
    received = through(np.float32(1.5))
    assert isinstance(received, np.float32) and received == 1.5


@settings(deadline=None)
@given(VALUES, st.data())
def test_a_truncated_frame_is_never_taken_for_a_whole_one(value, data):
    blobs = []
    frame = wire.encode({"value": wire.pack(value, blobs)}, blobs)
    cut = data.draw(st.integers(0, len(frame) - 1))
    with pytest.raises((WireError, EOFError)):
        wire.decode(reader(frame[:cut]))


@settings(max_examples=200, deadline=None)
@given(VALUES, st.data())
def test_a_damaged_frame_raises_wire_error_and_nothing_else(value, data):
    blobs = []
    frame = bytearray(wire.encode({"value": wire.pack(value, blobs)}, blobs))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] = data.draw(st.integers(0, 255))
    try:
        header, received = wire.decode(reader(bytes(frame)))
        wire.unpack(header.get("value"), received)
    except (WireError, EOFError):
        pass


@settings(deadline=None)
@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(max_size=8),
            st.sampled_from(["array", "dict", "tuple", "handle", "scalar", "int", "foreign"]),
        ),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner)),
    )
)
def test_an_invented_packed_value_raises_wire_error_and_nothing_else(packed):
    try:
        wire.unpack(packed, [np.zeros(2)])
    except WireError:
        pass


def npy(header, body=b""):
    text = header.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10**12,), }"),
            id="shape is an expression",
        ),
        pytest.param(
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"),
            id="shape larger than the data",
        ),
        pytest.param(
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }", b"8" * 8),
            id="negative shape",
        ),
        pytest.param(
            npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", pickle.dumps([print])),
            id="pickled objects",
        ),
        pytest.param(
            npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", b"8" * 8),
            id="structured",
        ),
        pytest.param(
            npy("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,), }", b"8" * 8),
            id="dates",
        ),
        pytest.param(
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", b"8" * 16),
            id="shape larger by one than the data",
        ),
        pytest.param(
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }").rstrip() + b"\n",
            id="header longer than the file",
        ),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x93NUMPY\x02\x00" + b"\0" * 200, id="another version of npy"),
    ],
)
def test_an_npy_file_that_lies_is_refused_before_memory_is_asked_for(data):
    for after in (b"", b" " * 8 + b"\n" + b"8" * 800):  # of the next array in the message
        with pytest.raises(WireError):
            wire.npy_to_array(data + after, 0, len(data))


def test_objects_do_not_cross_but_leave_the_name_of_their_type():
    class Strange:
        pass

    assert type(through(Strange())).__name__ == "Strange"
    assert type(through(np.array([object()]))).__name__ == "array_of_object"
    assert "class" not in repr(through(Strange()))


def test_an_over_long_header_is_refused_before_it_is_read():
    def read(count):
        assert count == 4, "nothing more may be read"
        return struct.pack(">I", wire.MAX_HEADER + 1)

    with pytest.raises(WireError, match="too large"):
        wire.decode(read)


@pytest.mark.parametrize("sizes", [[wire.MAX_BLOBS + 1], [-1], ["8"], None, [1.5], [True]])
def test_impossible_sizes_of_arrays_are_refused_before_they_are_read(sizes):
    header = json.dumps({"wire": 1, "blobs": sizes}).encode()
    with pytest.raises(WireError):
        wire.decode(reader(struct.pack(">I", len(header)) + header))


def test_another_version_of_the_format_is_refused():
    header = json.dumps({"wire": 2, "blobs": []}).encode()
    with pytest.raises(WireError, match="version"):
        wire.decode(reader(struct.pack(">I", len(header)) + header))


def test_a_value_that_contains_itself_does_not_hang():
    endless = []
    endless.append(endless)
    with pytest.raises(WireError):
        wire.pack(endless, [])
