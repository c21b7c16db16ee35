"""What an untrusted process says it has printed: only bounded plain text and pictures pass."""

import base64
import json
import re
import struct
import zlib

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2dl_course.handins import outputs
from i2dl_course.handins.outputs import Budget, clean

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
LIKE_AN_OUTPUT = st.fixed_dictionaries(
    {},
    optional={
        "output_type": st.sampled_from(["stream", "error", "display_data", "execute_result", "x"])
        | JSON,
        "name": st.sampled_from(["stdout", "stderr", "<b>"]) | JSON,
        "text": st.text(st.characters()) | st.lists(st.text()) | JSON,
        "data": st.dictionaries(
            st.sampled_from(
                ["text/plain", "text/html", "image/png", "image/svg+xml", "text/latex"]
            ),
            st.text(st.characters()) | JSON,
        )
        | JSON,
        "ename": JSON,
        "evalue": st.text() | JSON,
        "traceback": st.lists(st.text()) | JSON,
        "execution_count": JSON,
        "metadata": JSON,
        "transient": JSON,
    },
)


def chunk(name, body=b""):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def header(width=2, height=2, depth=8, colour=2):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


PIXELS = chunk(b"IDAT", zlib.compress(bytes(2 * 7)))
END = chunk(b"IEND")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG = SIGNATURE + header() + PIXELS + END


def picture(data):
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": base64.b64encode(data).decode(), "text/plain": "<Figure>"},
    }


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def images(cleaned):
    return [
        output["data"]["image/png"] for output in cleaned if "image/png" in output.get("data", {})
    ]


@given(JSON | st.lists(LIKE_AN_OUTPUT | JSON, max_size=8))
def test_whatever_is_sent_the_outputs_are_valid_plain_and_small(anything):
    cleaned = clean(anything)
    cell = nbformat.v4.new_code_cell()
    cell.outputs = [nbformat.from_dict(output) for output in cleaned]
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    for output in cleaned:
        assert set(output.get("data", {})) <= {"text/plain", "image/png"}
        assert not output.get("metadata")
    text = json.dumps(cleaned, ensure_ascii=False)
    assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", text)


@pytest.mark.parametrize(
    "mime",
    [
        "text/html",
        "image/svg+xml",
        "text/latex",
        "text/markdown",
        "application/javascript",
        "application/json",
        "text/html; x",
        "application/vnd.jupyter.widget-view+json",
        "image/jpeg",
    ],
)
def test_nothing_that_a_browser_runs_or_loads_gets_through(mime):
    given = {"output_type": "display_data", "data": {mime: "<script>alert(1)</script>"}}
    [output] = clean([given])
    assert output["data"] == {
        "text/plain": "(This output can only be shown in the notebook itself.)"
    }
    given["data"]["text/plain"] = "a table"
    assert clean([given])[0]["data"] == {"text/plain": "a table"}


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://example.org\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\text", "text"),
        ("a\x00b\x08c\x9bd", "abcd"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("10 %\r20 %\r30 %\n", "30 %\n"),
        ("done\r", "done"),
        ("half \ud83d pair", "half ? pair"),
        (["li", "st\n"], "list\n"),
    ],
)
def test_text_reads_as_it_would_in_a_terminal(printed, seen):
    assert clean([stream(printed)]) == [stream(seen)]


def test_prints_one_after_the_other_are_one_stream():
    cleaned = clean([stream("a\n"), stream("b\n"), stream("c\n", "stderr"), stream("d\n")])
    assert cleaned == [stream("a\nb\n"), stream("c\n", "stderr"), stream("d\n")]


def test_a_cell_that_prints_for_ever_says_what_is_missing():
    [output] = clean([stream("x" * 999 + "\n")] * 3000)
    assert len(output["text"]) < outputs.MAX_OUTPUT + 200
    assert "2,980,000 characters" in output["text"].splitlines()[-1]


def test_one_huge_text_costs_no_more_than_the_limit():
    [output] = clean([stream("y" * 5_000_000)])
    assert len(output["text"]) < outputs.MAX_OUTPUT + 200
    assert "[Left out" in output["text"]


def test_too_many_outputs_are_counted():
    cleaned = clean([{"output_type": "display_data", "data": {"text/plain": "a"}}] * 100)
    assert len(cleaned) == outputs.MAX_OUTPUTS + 1
    assert "60 outputs" in cleaned[-1]["text"]


def test_a_long_traceback_keeps_its_end():
    lines = ["x" * 900] * 39 + ["ValueError: the reason"]
    cleaned = clean(
        [
            {
                "output_type": "error",
                "ename": "ValueError",
                "evalue": "the reason",
                "traceback": lines,
            }
        ]
    )
    assert cleaned[0]["traceback"][-1] == "ValueError: the reason"
    assert sum(map(len, cleaned[0]["traceback"])) < outputs.MAX_OUTPUT


# --- images -------------------------------------------------------------------------------------


def test_a_picture_of_matplotlib_passes_pixel_for_pixel():
    from io import BytesIO

    from matplotlib import image
    from matplotlib.figure import Figure

    figure, file = Figure(), BytesIO()
    figure.subplots().plot([1, 2])
    figure.savefig(file, metadata={"Title": "<script>"})
    [value] = images(clean([picture(file.getvalue())]))
    kept = base64.b64decode(value)
    assert (image.imread(BytesIO(kept)) == image.imread(BytesIO(file.getvalue()))).all()
    assert b"script" in file.getvalue() and b"script" not in kept


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<svg onload=alert(1)>", id="svg"),
        pytest.param(PNG[:-1], id="cut_off"),
        pytest.param(PNG[:-12], id="no_end"),
        pytest.param(PNG + b"<script>", id="something_behind"),
        pytest.param(PNG + PNG[8:], id="twice"),
        pytest.param(PNG.replace(PIXELS, PIXELS[:-1] + b"?"), id="wrong_checksum"),
        pytest.param(SIGNATURE + header(7_000, 7_000) + PIXELS + END, id="many_pixels"),
        pytest.param(SIGNATURE + PIXELS + END, id="no_header"),
        pytest.param(SIGNATURE + header() + END, id="no_pixels"),
        pytest.param(SIGNATURE + header(60_000, 2) + PIXELS + END, id="wide"),
        pytest.param(SIGNATURE + header(0, 2) + PIXELS + END, id="empty"),
        pytest.param(SIGNATURE + header(depth=3) + PIXELS + END, id="odd_depth"),
        pytest.param(
            SIGNATURE + header() + chunk(b"ABCD", b"x") + PIXELS + END, id="unknown_chunk"
        ),
        pytest.param(SIGNATURE + chunk(b"IHDR", b"short") + PIXELS + END, id="short_header"),
    ],
)
def test_what_is_no_plain_picture_is_no_image(data):
    [output] = clean([picture(data)])
    assert output["data"] == {"text/plain": "<Figure>"}


@pytest.mark.parametrize("value", ["%%%", "é", 7, None, {"a": 1}, ["a", 3], "A" * 10_000_000])
def test_what_is_no_base64_is_no_image(value):
    given = {"output_type": "display_data", "data": {"image/png": value, "text/plain": "p"}}
    assert clean([given])[0]["data"] == {"text/plain": "p"}


def test_a_picture_keeps_nothing_but_the_picture():
    noisy = PNG.replace(
        PIXELS,
        chunk(b"tEXt", b"Comment\0<script>") + PIXELS + chunk(b"iTXt", b"x") + chunk(b"acTL", b"y"),
    )
    assert images(clean([picture(noisy)])) == [base64.b64encode(PNG).decode()]


def test_the_images_of_a_notebook_share_one_budget():
    budget = Budget(images=15)
    first = clean([picture(PNG)] * 20, budget)
    second = clean([picture(PNG)] * 20, budget)
    assert (len(images(first)), len(images(second))) == (outputs.MAX_IMAGES, 3)
    assert "17 images" in second[-1]["text"]
    tight = Budget(size=len(PNG))
    assert len(images(clean([picture(PNG)] * 2, tight))) == 1
