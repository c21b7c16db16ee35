"""What a process that nobody trusts says a cell has printed, made safe to store and to render.

Only plain text and PNG images pass. Everything that a browser could run, load or follow is left
out, whichever tool renders the notebook later, and there is a limit to all of it.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from dataclasses import dataclass
from itertools import islice
from typing import Any

MAX_OUTPUTS = 40  # of a cell; a loop that shows figures makes a dozen
MAX_OUTPUT = 20_000  # characters of a cell
MAX_IMAGES = 12  # of a cell
MAX_IMAGES_OF_NOTEBOOK = 60
MAX_IMAGE = 2 << 20  # bytes; a figure of ours has some ten thousand
MAX_IMAGES_SIZE = 8 << 20  # bytes of all images of a notebook
MAX_PIXELS = 6_000_000  # 3000 x 2000
MAX_SIDE = 8_000
MAX_LOOKED_AT = 20_000  # entries: a cell that prints in a loop sends one for each line

_RAW_TEXT = 10 * MAX_OUTPUT  # characters looked at, so that long escapes cost little
_NOT_SHOWN = "(This output can only be shown in the notebook itself.)"

_ESCAPES = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # colours and movements of the cursor
    "|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?"  # titles and links
    "|\x1b[ -/]*[0-~]?"
)
# And what turns the direction of a text around, so that it reads as another.
_CONTROL_OR_BIDI = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_PNG = b"\x89PNG\r\n\x1a\n"
# What a picture needs. Texts, profiles and animations are left out: they can hold anything.
_PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"pHYs", b"IDAT", b"IEND"}
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


@dataclass
class Budget:
    """What the images of one notebook may still use; hand the same one to all of its cells."""

    images: int = MAX_IMAGES_OF_NOTEBOOK
    size: int = MAX_IMAGES_SIZE

    def take(self, size: int) -> bool:
        """Use up one image of `size` bytes, unless there is no room for it."""
        if self.images < 1 or self.size < size:
            return False
        self.images -= 1
        self.size -= size
        return True


def clean(outputs: object, budget: Budget | None = None) -> list[dict]:
    """The outputs of one cell as nbformat 4.5 wants them, safe and bounded.

    Streams, results and errors pass as plain text, without escapes and control characters, and
    images as PNG that holds nothing but a picture. Where something was left out, a line at the end
    says so. Never raises, whatever `outputs` is.
    """
    cell = _CleanedCell(budget or Budget())
    if not isinstance(outputs, list):
        cell.add_stream("stdout", "(The output of this cell could not be read.)")
        return cell.outputs
    for output in islice(outputs, MAX_LOOKED_AT):
        if isinstance(output, dict):
            cell.add(output)
    cell.left_out_outputs += max(0, len(outputs) - MAX_LOOKED_AT)
    cell.say_what_was_left_out()
    return cell.outputs


class _CleanedCell:
    """The clean outputs of a cell, and what was left out of them."""

    def __init__(self, budget: Budget):
        self.outputs: list[dict] = []
        self.left_out_outputs = 0
        self._budget = budget
        self._images = MAX_IMAGES
        self._characters = MAX_OUTPUT
        self._left_out_characters = 0
        self._left_out_images = 0

    def add(self, output: dict) -> None:
        kind = output.get("output_type")
        if kind == "stream":
            text = self._fitting(_plain(output.get("text")))
            self.add_stream("stderr" if output.get("name") == "stderr" else "stdout", text)
        elif kind in ("execute_result", "display_data"):
            self._add_data(kind, output)
        elif kind == "error":
            self._add_error(output)

    def add_stream(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else {}
        if not text:
            return
        if last.get("name") == name:
            last["text"] += text
        elif self._has_room():
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def say_what_was_left_out(self) -> None:
        counts = [
            (self.left_out_outputs, "output"),
            (self._left_out_images, "image"),
            (self._left_out_characters, "character"),
        ]
        parts = [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts if count]
        if not parts:
            return
        line = f"[Left out of this cell's output, which is too long: {', '.join(parts)}.]\n"
        last = self.outputs[-1] if self.outputs else {}
        if last.get("name") == "stdout":
            last["text"] = last["text"].removesuffix("\n") + "\n" + line
        else:
            self.outputs.append({"output_type": "stream", "name": "stdout", "text": line})

    def _has_room(self) -> bool:
        if len(self.outputs) < MAX_OUTPUTS:
            return True
        self.left_out_outputs += 1
        return False

    def _fitting(self, text: str) -> str:
        """As much of the beginning of `text` as the cell has room for."""
        kept = text[: self._characters]
        self._characters -= len(kept)
        self._left_out_characters += len(text) - len(kept)
        return kept

    def _add_data(self, kind: str, output: dict) -> None:
        given = output.get("data")
        if not isinstance(given, dict) or not given or not self._has_room():
            return
        data: dict[str, str] = {}
        image = self._image(given["image/png"]) if "image/png" in given else None
        if image:
            data["image/png"] = image
        text = self._fitting(_plain(given.get("text/plain")))
        if text or not image:
            data["text/plain"] = text or _NOT_SHOWN
        clean: dict[str, Any] = {"output_type": kind, "metadata": {}, "data": data}
        if kind == "execute_result":
            count = output.get("execution_count")
            is_count = type(count) is int and 0 <= count < 10**6
            clean["execution_count"] = count if is_count else None
        self.outputs.append(clean)

    def _image(self, value: object) -> str | None:
        picture = _png(value)
        if picture is None:
            return None
        if self._images < 1 or not self._budget.take(len(picture)):
            self._left_out_images += 1
            return None
        self._images -= 1
        return base64.b64encode(picture).decode("ascii")

    def _add_error(self, output: dict) -> None:
        if not self._has_room():
            return
        name = self._fitting(_plain(output.get("ename"))[:200]) or "Error"
        message = self._fitting(_plain(output.get("evalue"))[:2000])
        lines = output.get("traceback")
        lines = lines if isinstance(lines, list) else []
        text = "\n".join(_plain(line) for line in lines[-MAX_OUTPUTS:])
        # The end of a traceback says what happened.
        kept = text[max(0, len(text) - self._characters) :]
        self._left_out_characters += len(text) - len(kept)
        self._characters -= len(kept)
        self.outputs.append(
            {
                "output_type": "error",
                "ename": name,
                "evalue": message,
                "traceback": kept.split("\n") if kept else [],
            }
        )


# --- text -------------------------------------------------------------------------------------


def _plain(value: object) -> str:
    """A text, or a list of its lines, as a person would see it in a terminal."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str):
        return ""
    text = _ESCAPES.sub("", value[:_RAW_TEXT]).replace("\r\n", "\n")
    if "\r" in text:  # a progress bar writes one line again and again
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    text = _CONTROL_OR_BIDI.sub("", text)
    # Half of a surrogate pair is no character: it can be in JSON, and in no file.
    return text.encode("utf-8", "replace").decode("utf-8")


# --- images -----------------------------------------------------------------------------------


def _png(value: object) -> bytes | None:
    """The picture in base64 `value`, with the chunks that a picture needs; None if it is none."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str) or len(value) > 2 * MAX_IMAGE:
        return None
    try:
        data = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) > MAX_IMAGE or not data.startswith(_PNG):
        return None
    kept, at, names = [_PNG], len(_PNG), []
    while at < len(data):
        if len(data) - at < 12:
            return None
        size, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 4 : at + 8 + size]
        end = at + 12 + size
        if end > len(data) or struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(body):
            return None
        if name in _PNG_CHUNKS:
            kept.append(data[at:end])
            names.append(name)
        elif name[:1].isupper():  # a critical chunk that we do not know
            return None
        at = end
    in_order = names[:1] == [b"IHDR"] and names[-1:] == [b"IEND"] and b"IDAT" in names
    once = names.count(b"IHDR") == names.count(b"IEND") == 1
    return b"".join(kept) if in_order and once and _is_fair_header(kept[1]) else None


def _is_fair_header(chunk: bytes) -> bool:
    if len(chunk) != 25:
        return False
    width, height, depth, colour, packing, filtering, interlace = struct.unpack_from(
        ">IIBBBBB", chunk, 8
    )
    return (
        0 < width <= MAX_SIDE
        and 0 < height <= MAX_SIDE
        and width * height <= MAX_PIXELS
        and depth in _PNG_DEPTHS.get(colour, ())
        and packing == 0
        and filtering == 0
        and interlace in (0, 1)
    )
