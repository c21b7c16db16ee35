"""What an exception in a student's code usually means, in words that help to mend it.

NumPy tells the shapes that did not fit; which product of the same two arrays does fit can be found
out, so it is told and not guessed.
"""

import difflib
import re
from itertools import product

import numpy as np

from exercise_code.tests.causes import CAUSES
from exercise_code.tests.operands import SIZES

# What NumPy 2 has dropped, and many a tutorial still shows.
_GONE = {
    "product": "np.prod",
    "cumproduct": "np.cumprod",
    "sometrue": "np.any",
    "alltrue": "np.all",
    "float": "float",
    "int": "int",
    "bool": "bool",
    "float_": "np.float64",
    "Inf": "np.inf",
    "infty": "np.inf",
    "NaN": "np.nan",
    "mat": "np.asarray",
    "row_stack": "np.vstack",
    "in1d": "np.isin",
    "asfarray": "np.asarray",
    "cast": "the array's method astype",
}

_OF_MATH = (
    "math.exp raises an error where np.exp gives infinity, and 1 divided by infinity is the right "
    "0. np.exp also takes a whole array at once."
)
_IN_ONE_ROW = (
    "{} numbers are the whole batch in one row. Keep the first axis, and let reshape join the "
    "others."
)
_OUT = (
    "The array behind out= has another shape than the product. Leave out= away: the product is an "
    "array of its own."
)
_ONE_NUMBER = "Functions of math take one number; np.exp takes a whole array."
_PAIR = "A forward function returns the pair (out, cache): take it apart first."
_NO_VALUE_YET = "The name is used before it gets a value in this function."

# A part of the message, and the hint; the first that fits.
HINTS = (
    ("only length-1 arrays", _ONE_NUMBER),
    ("only 0-dimensional arrays", _ONE_NUMBER),
    ("Output operand 0 has a mismatch", _OUT),
    ("output operand requires a reduction", _OUT),
    ("not aligned", "In (N, D) @ (D, M) the inner sizes must agree: print both shapes."),
    (
        "could not be broadcast",
        "The two do not fit entry by entry. Print both shapes, and name what each axis counts: "
        "samples, features or outputs.",
    ),
    (
        "axes don't match",
        "transpose must name each axis once. In a table there are two, and .T exchanges them.",
    ),
    (
        "cannot reshape",
        "A reshape keeps all numbers, so as many must come out as go in. Print the shape before: "
        "was it added up along the right axis?",
    ),
    (
        "cannot unpack non-iterable",
        "Several names on the left wait for as many values; on the right there is only one thing.",
    ),
    (
        "to unpack",
        "Count the names and what is unpacked; a forward function returns out and cache.",
    ),
    ("inhomogeneous", _PAIR),
    (
        "setting an array element with a sequence",
        "A whole row does not fit into one entry. Make the array in the full shape, as in "
        "np.zeros(x.shape), or compute all entries at once.",
    ),
    (
        "truth value of an array",
        "An if asks about one thing, and an array has many entries. A formula does all of them at "
        "once, without an if; whether there is an array at all, x is not None asks.",
    ),
    (
        "tuple index out of range",
        "A shape has one entry for each axis. A bias has the shape (M,), so there is no shape[1]; "
        "and samples may have any number of axes, so x.shape[0], their number, is all there is.",
    ),
    (
        "list index out of range",
        "A list of n things ends at n - 1, and append fills it from the front. Print its length "
        "and the index.",
    ),
    (
        "as a data type",
        "Both sizes of an array go in as one tuple, as in np.zeros((rows, columns)).",
    ),
    (
        "'float' object cannot be interpreted as an integer",
        "A quotient with / is a float, also where nothing is left over. Whole numbers come out of "
        "//, of len, and of a shape.",
    ),
    (
        "remapped shapes",
        "In einsum each letter stands for one axis, and wherever it comes again the axis must be "
        "as long. Write the sizes under the letters of that line.",
    ),
    (
        "cannot be interpreted as an integer",
        "A number is wanted here: the len of a list, or one entry of a shape.",
    ),
    (
        "builtin_function_or_method",
        "A name in this line is a function of Python itself, such as input or sum. Which variable "
        "of yours is meant?",
    ),
    (
        "<locals>.",
        "Count what this call passes, and what the def line of your own function takes.",
    ),
    (
        "'newshape'",
        "NumPy has no argument newshape any more: the shape is simply the second one, as in "
        "np.reshape(x, (rows, columns)).",
    ),
    (
        "unexpected keyword argument",
        "The function in that line has no argument of this name: look it up with a question mark "
        "behind the function's name.",
    ),
    (
        "positional argument",
        "Keep the names and the number of the arguments as they were handed out.",
    ),
    ("tuple indices", "A tuple has no names in it. Take it apart, as in x, w, b = cache."),
    ("'tuple'", _PAIR),
    (
        "'numpy.ndarray' object has no attribute",
        "An array has nothing of that name: look for a function of NumPy. What backward needs, "
        "forward puts into the cache.",
    ),
    (
        "module 'numpy' has no attribute",
        "NumPy has nothing of that name: check how it is spelt, or write the formula.",
    ),
    (
        "'TwoLayerNet' object has no attribute",
        "The net has self.params, self.cache and self.grads, and what your own code puts on self. "
        "This one it has not, so the formula here must do without.",
    ),
    (
        "non-broadcastable output operand",
        "Operators like += and -= keep the shape of the array left of them, and change it for the "
        "caller as well. Write a = a + b. A backward pass changes no weights and no biases: the "
        "optimizer does.",
    ),
    ("bitwise_xor", "In Python, ^ is no power. Write ** for it: a**2 is the square of a."),
    ("KeyError", "That key is not there: compare it with the names in the docstring."),
    ("NoneType", "Something here is None: does a function end without its return line?"),
    (
        "'self' is not defined",
        "Only the methods of a class have self. A function has its arguments, and nothing else: "
        "is this term part of the exercise at all?",
    ),
    (
        "'grads' is not defined",
        "The last lines of backward need a dictionary grads: collect the four gradients in it, and "
        "self.grads is filled as well.",
    ),
    (
        "'cache' is not defined",
        "The return line needs a name cache. Above it, put into cache what backward will need: the "
        "docstring says what.",
    ),
    (
        "is not defined",
        "Nothing has this name when the line runs. Is it spelt as where it got its value, or is "
        "that line still missing?",
    ),
    ("before assignment", _NO_VALUE_YET),
    ("not associated with a value", _NO_VALUE_YET),
    ("can only concatenate", "+ joins two texts: give print both things, with a comma between."),
)

# Kinds of syntax errors that have a hint of their own.
_OUTPUTS = {"out", "y_hat"}
_OF_ANY_SHAPES = {"not aligned", "could not be broadcast"}

HINTS_ON_SYNTAX = {
    "TabError": "A tab looks like spaces, and is none. Let the editor turn all tabs of the file "
    "into four spaces each.",
    "IndentationError": "The lines of one block begin in the same column. Compare this line with "
    "the one above, and count the spaces.",
}

# Brackets with a comma in them, before a sign of a product, and no function's name before them.
_PART = r"(?:[^()\[\],]|\([^()]*\)|\[[^\[\]]*\])*"
_PAIR_AS_FACTOR = re.compile(rf"(?:[=(\[,+\-*/@]\s*|return\s+)\({_PART},{_PART}\)\s*[*@]")
_NAMED = "is the shape of"
# What arrays of pandas, PyTorch and TensorFlow have, and those of NumPy have not.
_OF_OTHER_LIBRARIES = {"cpu", "detach", "eval", "iloc", "loc", "numpy", "to_numpy", "values"}
_SHAPES = re.compile(r"shapes (\([\d,]*\)) (?:and )?(\([\d,]*\))")


def is_general(words):
    """Whether a hint on an exception says nothing of the code that raised it."""
    general = {hint for part, hint in HINTS if part in _OF_ANY_SHAPES}
    return words in {CAUSES["exception"].hint, *general} or _NAMED in words


def is_of_shapes(says):
    """Whether a sentence tells that two arrays do not fit."""
    return any(part in says for part in _OF_ANY_SHAPES)


def hint(error):
    """What such a StudentError usually means, or "" when nothing is known about it."""
    return (
        _of_a_pair_in_brackets(error)
        or _of_a_float(error)
        or _of_an_assert(error)
        or _of_numpy(error)
        or _of_a_slip_of_the_pen(error)
        or _of_a_missing_name(error)
        or _of_a_missing_cache(error)
        or _of_a_reshape(error)
        or _of_a_call(error)
        or next((words for part, words in HINTS if part in str(error)), "")
    )


def of_a_product(error):
    """Whether two arrays did not fit in a matrix product."""
    return "not aligned" in error.message or bool(SIZES.search(error.message))


def of_the_cache(error):
    """Whether what is in a cache did not come out of it."""
    of_a_shape = ".shape" in (error.text or "")
    return not of_a_shape and bool(re.search(r"to unpack|tuple indices", error.message))


def of_a_wrong_sum(error):
    """Whether a sum over the outputs, one number for each sample, was to become a bias."""
    found = re.search(r"cannot reshape array of size (\d+) into shape \((\d+),\)", error.message)
    if not found or not getattr(error.case, "products", {}):
        return False
    size, wanted = map(int, found.groups())
    return size == error.case.batch != wanted and error.case.products.get((size, wanted)) == "out"


def _of_a_reshape(error):
    """What to do where an array of a whole batch is reshaped as if it were a single sample."""
    found = re.search(r"cannot reshape array of size (\d+) into shape", error.message)
    batch = getattr(error.case, "batch", 1)
    if not found or batch == 1 or int(found.group(1)) % batch:
        return ""
    each = int(found.group(1)) // batch
    if each == 1:
        one = re.search(r"into shape \((?:1,? ?)+\)", error.message)
        return (
            f"There is one number for each of the {batch} samples, and that shape has room for a "
            "single one: the line is written for one sample. Write it for the batch."
            if one
            else ""
        )
    return (
        f"{found.group(1)} numbers are {batch} samples of {each}. Write the line for the batch: "
        "one row for each sample, and a matrix product that does all of them at once."
    )


def _of_a_pair_in_brackets(error):
    """What to do where brackets with a comma stand as a factor."""
    if _PAIR_AS_FACTOR.search(error.text or ""):
        return (
            "Brackets with a comma in them make a pair, and no product. Which function was meant "
            "to stand before them, np.dot?"
        )
    return ""


def _of_a_slip_of_the_pen(error):
    """What to do about an attribute of an array, or of NumPy, that is nearly spelt right."""
    found = re.search(
        r"('numpy.ndarray' object|module 'numpy') has no attribute '(\w+)'", str(error)
    )
    if not found:
        return ""
    if found.group(2) in _OF_OTHER_LIBRARIES:
        return (
            f"{found.group(2)} belongs to the arrays of another library. Here stands a NumPy array "
            "already, which needs nothing of the kind."
        )
    names = dir(np.ndarray if "ndarray" in found.group(1) else np)
    near = difflib.get_close_matches(found.group(2), names, n=1, cutoff=0.75)
    return f"There is no {found.group(2)}. Is {near[0]} meant?" if near else ""


def _of_a_float(error):
    """What to do where float or int is asked to make one number of a whole array."""
    of_an_array = re.search("only (length-1|0-dimensional) arrays", error.message)
    found = of_an_array and re.search(r"\b(float|int)\(", error.text or "")
    if not found:
        return ""
    return (
        f"{found.group(1)}(...) makes one number of one thing, and here stands a whole array. "
        "Leave it out: NumPy computes with all entries at once."
    )


def _of_an_assert(error):
    """What a student's own assert has to fit to."""
    shapes = {
        "affine_forward": "x (N, d_1, ..., d_k), w (D, M), b (M,) and out (N, M)",
        "affine_backward": "x (N, d_1, ..., d_k), w (D, M), b (M,) and dout (N, M)",
        "TwoLayerNet.forward": "X (N, D), W1 (D, H), b1 (H,), W2 (H, 1) and b2 (1,)",
        "TwoLayerNet.backward": "X (N, D), W1 (D, H), b1 (H,), W2 (H, 1), b2 (1,) and dy (N, 1)",
    }
    if error.kind != "AssertionError":
        return ""
    return (
        "What your own assert asks for is not so. Here the shapes are "
        f"{shapes.get(error.called, 'any at all, but one for x, out, cache and dout')}. Does the "
        "assert differ, or what it looks at?"
    )


def _of_a_missing_cache(error):
    """What to do where backward looks for something that forward has not kept."""
    key = re.search(r"KeyError: '(affine1|sigmoid|affine2)'", str(error))
    if key and error.called == "TwoLayerNet.backward":
        return (
            f'Nothing is in self.cache under "{key.group(1)}". forward has to put it there: the '
            "cache of each layer, as the layer's own forward function returns it."
        )
    return ""


def _of_a_call(error):
    """What to do about a call with too few or too many arguments, in a line of the student's."""
    found = re.match(r"(\w+)\(\) (?:missing|takes)", error.message)
    if not found or f"{found.group(1)}(" not in (error.text or ""):
        return ""
    name = found.group(1)
    if name == error.called:
        return f"In this line {name} calls itself. Is another function meant?"
    called = f"{name} is called with too few or too many arguments in that line"
    if re.search(r"affine|sigmoid|forward|backward|__init__", name):
        return f"{called}: compare it with the names in the brackets behind def {name}."
    return f"{called}: a product needs both its factors, with a comma between."


def _of_a_missing_name(error):
    """What to do about a name that another function, or self.params, has."""
    found = re.search(r"name '(\w+)' is not defined", error.message)
    name = found and found.group(1)
    backward = (error.called or "").endswith("backward")
    if backward and name in {"x", "w", "b", "X"}:
        return (
            f"A backward pass knows nothing but what it is given, and its cache. So {name} must be "
            "in the cache that forward returns, and be taken out of it here."
        )
    found = re.search(r"'TwoLayerNet' object has no attribute '(\w+)'", error.message)
    if found and re.fullmatch(r"[WwBb][12]?|weights?[12]?|bias(es)?[12]?", found.group(1)):
        return 'The weights and biases are in self.params, as self.params["W1"].'
    return ""


def of_a_special_case(error):
    """What to do about an exception where the case itself tells the most; or ""."""
    return of_a_shape(error) or (_OF_MATH if "math range error" in error.message else "")


def of_a_shape(error):
    """What to do when a shape has another number of entries than the names that wait for them."""
    if ".shape" not in (error.text or ""):
        return ""
    if "to unpack" in error.message:
        of_any = "An array may have any number of axes"
        if getattr(error.case, "w", None) is not None:
            return f"{of_any}. Flatten each sample first, then there are two: (N, D)."
        return f"{of_any}. x.shape[0] is always the number of samples."
    if "'tuple'" in error.message:
        return (
            "A shape is a tuple with one size for each axis. x.shape[0] is the number of samples."
        )
    return ""


def _of_numpy(error):
    message = error.message
    if "module 'numpy' has no attribute '" in message:
        old = message.partition("no attribute '")[2].partition("'")[0]
        if old in _GONE:
            return f"NumPy 2 has no np.{old} any more. Write {_GONE[old]} in its place."
    if words := of_a_shape(error):
        return words
    entries = getattr(error.case, "entries", None)
    if found := SIZES.search(message):
        right, left = found.groups()
        if entries in map(int, found.groups()) and error.case.batch > 1:
            return _IN_ONE_ROW.format(entries)
        return (
            f"The array left of the product has rows of {left} numbers, and the one on the right "
            f"has {right} rows: these two must agree. Print both shapes."
        )
    found = _SHAPES.search(message)
    shapes = (
        [tuple(map(int, re.findall(r"\d+", shape))) for shape in found.groups()] if found else []
    )
    whole = {(entries,), (1, entries), (entries, 1)}
    if whole.intersection(shapes) and error.case.batch > 1:
        return _IN_ONE_ROW.format(entries)
    axes = [len(shape) for shape in shapes]
    if (
        "could not be broadcast" in message
        and max(axes, default=0) > 2
        and _has_tables_only(error.case)
    ):
        return (
            f"One of the two has {max(axes)} axes, and here nothing needs more than two. An axis "
            "that is put in keeps each sample apart; a matrix product adds their parts up."
        )
    names = getattr(error.case, "shapes", {})
    outer = {_outer(one, other) for one in names for other in names} - {()}
    rows = axes == [2, 2] and shapes[0][1] == shapes[1][0] == 1  # as np.outer lays them out
    joined = [(shapes[0][0], shapes[1][1])] if rows else []
    if outer.intersection([*shapes, *joined]):
        return (
            "np.outer takes its two arrays for one long row each, whatever samples are in them. A "
            "matrix product with one of them transposed adds the samples' parts up."
        )
    for column in (shape for shape in shapes if len(shape) == 2 and 1 in shape):
        numbers, samples = max(column), getattr(error.case, "batch", 1)
        if samples > 1 and numbers in {a * b for a, b in (s for s in names if len(s) == 2)}:
            each = numbers // samples
            if each > 1 and (samples, each) in names and column not in names:
                return (
                    f"{numbers} numbers are {names[samples, each]} of all {samples} samples in one "
                    f"line. Leave it as the table that it was, {(samples, each)}"
                    + (
                        ": a matrix product with its transpose adds up what the samples give."
                        if error.case.products
                        else "; entry by entry the two fit then."
                    )
                )
    if axes == [2, 2]:
        wanted = getattr(error.case, "products", {})
        if (error.called or "").endswith("backward"):  # what came out is no product there
            line = re.match(r"\W*(\w+)\W*=[^=]", error.text or "")
            left_out = _OUTPUTS - {line and line.group(1)}
            wanted = {shape: name for shape, name in wanted.items() if name not in left_out}
        for shape, name in wanted.items():  # the line may tell what it is to give
            if re.match(rf"(.*[\W_])?d?{name}\W*=[^=]", error.text or "", re.IGNORECASE):
                told = ""
                if _product(*shapes, {shape: name}):
                    told = _of_tables(*shapes, "not aligned" in message, {shape: name})
                return told or (
                    f"{name} has shape {shape}, and no product of these two has: another array "
                    "belongs here."
                )
        if told := _of_tables(*shapes, "not aligned" in message, wanted):
            return told
    return _by_name(shapes, names)


def _by_name(shapes, names):
    """What the two shapes are the shapes of, where both are known and neither is the other's."""
    known = {**{shape[::-1]: f"{name} transposed" for shape, name in names.items()}, **names}
    if len(shapes) != 2 or shapes[0] == shapes[1] or not known.keys() & set(shapes):
        return ""
    one, other = shapes
    if one == other[::-1]:
        return (
            f"{one} {_NAMED} {known[one]}, and {other} is the other way round. Transpose one of "
            "the two, or exchange the factors of the product that it comes from."
        )
    if not set(shapes) <= known.keys():
        strange, one = (one, other) if other in known else (other, one)
        return (
            f"{one} {_NAMED} {known[one]}, and no array of the exercise has the shape {strange}. "
            "Follow it back to the line where it comes from."
        )
    return (
        f"{one} {_NAMED} {known[one]}, and {other} that of {known[other]}. Does the formula join "
        "these two? If it does, entry by entry (*) or as a matrix product (@)?"
    )


def _outer(one, other):
    """The shape of np.outer of two tables; () of anything else."""
    if len(one) != 2 or len(other) != 2 or one[0] != other[0]:
        return ()
    return one[0] * one[1], other[0] * other[1]


def _has_tables_only(case):
    """Whether no array that comes into a case has more than two axes."""
    arrays = [value for value in vars(case).values() if isinstance(value, np.ndarray)]
    return bool(arrays) and all(array.ndim < 3 for array in arrays)


def _of_tables(one, other, as_product, wanted):
    """What two tables can be multiplied to, of the shapes that are `wanted` here, with names."""
    if fit := _product(one, other, wanted):
        steps, left, right, result = fit
        says = f"{left} @ {right} gives {result}, the shape of {wanted[result]}."
        if as_product and not steps:  # what does not fit is something else, as an array for out=
            return ""
        if as_product:
            return f"{steps[0].upper()}{steps[1:]}: {says}"
        return f"Entry by entry the two do not fit. As a matrix product: {says}"
    if as_product and one == other:
        return f"Two arrays of one shape, {one}, are multiplied entry by entry, with *."
    return ""


def _product(one, other, wanted):
    """The nearest product with a wanted shape: the steps to it, its two factors, and the result.

    Near is what needs few changes: the factors exchanged, or one of them transposed.
    """
    for exchanged, first, second in sorted(product((0, 1), repeat=3), key=sum):
        left, right = (one[::-1] if first else one), (other[::-1] if second else other)
        if exchanged:
            left, right = right, left
        if left[1] == right[0] and (result := (left[0], right[1])) in wanted:
            turned = [str(shape) for shape, turn in ((one, first), (other, second)) if turn]
            steps = ["exchange the two"] * exchanged + [f"transpose {shape}" for shape in turned]
            return " and ".join(steps), left, right, result
    return None
