"""The causes: short stable names for what goes wrong, with the advice that belongs to each.

Reports group by these names, so a name never changes its meaning. ``docs/causes.md`` lists them
for people; a test keeps the two the same.
"""

from typing import NamedTuple


class Cause(NamedTuple):
    """What a cause means, and what the student reads as the hint ("" leaves it to the task)."""

    meaning: str
    hint: str = ""


_PRINT_SHAPES = (
    "Print the shapes of what goes in and of what comes out, and compare with the docstring."
)

CAUSES = {
    # The code cannot be judged.
    "not_implemented": Cause("The task is still the stub."),
    "placeholder_left": Cause(
        "There is code, and the placeholder still stops it.",
        "Delete the lines of raise NotImplementedError(...). What stands below a raise never runs, "
        "and what stands above it cannot return.",
    ),
    "missing_file": Cause(
        "A file of the hand-in is not there.",
        "Hand in every file that the notebook's last cell names.",
    ),
    "missing_function": Cause(
        "The function or method does not exist under its name.",
        "Keep the names of the functions and classes as they were handed out.",
    ),
    "syntax_error": Cause(
        "The file is not valid Python.",
        "Look at that line and at the end of the line above: a bracket, a colon, the indentation?",
    ),
    "not_text": Cause(
        "The file is not saved as UTF-8 text.",
        "Save the file again with the encoding UTF-8: most editors ask in Save As, or show the "
        "encoding at the bottom of the window. UTF-16 is not Python.",
    ),
    "import_failure": Cause(
        "The file stops with an exception while it is imported.",
        "A file of functions should only define things; test it in the notebook instead.",
    ),
    "missing_module": Cause(
        "The file imports a module that is not there where hand-ins are judged.",
        "Take the line out if nothing needs it; else write what it is used for with NumPy, in the "
        "files that are handed in.",
    ),
    "wrong_package": Cause(
        "The notebook uses student files from another exercise_code folder than the checks.",
        "Restart the kernel, and open the notebook from the folder that holds your exercise_code.",
    ),
    "wrong_params": Cause(
        "The net's parameters W1, b1, W2, b2 lack their given shapes, or are read-only.",
        "Leave __init__ as it was handed out, and the flags of the arrays as they are.",
    ),
    "exception": Cause(
        "The student's code raised an exception.",
        "Run that line alone in the notebook and print the shape of everything in it.",
    ),
    "time_limit": Cause(
        "The code did not return in time.", "Is there a loop whose condition never becomes false?"
    ),
    "no_answer": Cause(
        "The process that ran the code ended, or its answer could not be read.",
        "Does the code end Python, or use far more memory than its arrays need?",
    ),
    "forward_first": Cause(
        "The backward pass cannot be judged, because the forward pass does not run.",
        "Get the forward pass right first: it leaves in the cache what the backward pass needs.",
    ),
    "layer_missing": Cause(
        "The net calls a layer that is not implemented yet.", "Write the layer first, then the net."
    ),
    "layer_wrong": Cause(
        "The net is wrong, and so is a layer that it needs.",
        "Repair the layer first, then look at the net again.",
    ),
    # What comes back is of the wrong kind.
    "returned_none": Cause(
        "None was returned, or nothing.",
        "Is there a return line at the end, and has every name in it got its value?",
    ),
    "left_none": Cause(
        "A result is still None.",
        "A name that is set to None at first waits for its value: compute it, and put it in place "
        "of the None.",
    ),
    "wrong_return": Cause(
        "Another number of results than the docstring names.",
        "Compare the return line with the docstring: how many results, in which order?",
    ),
    "wrong_order": Cause(
        "The right results in the wrong order.",
        "Order counts: a forward function gives out, cache; the affine cache holds x, w, b; "
        "affine_backward gives dx, dw, db. Compare the lines with the docstring.",
    ),
    "returned_pair": Cause(
        "The net's forward returned its cache as well.",
        "The net keeps its caches in self.cache; return y_hat alone.",
    ),
    "pair_not_unpacked": Cause(
        "The pair (out, cache) of a layer was used as if it were the output.",
        "A forward function returns two things: out, cache = sigmoid_forward(...).",
    ),
    "missing_keys": Cause(
        "Gradients are missing in the dictionary.",
        "Every parameter needs a gradient, the biases too: W1, b1, W2, b2.",
    ),
    "extra_keys": Cause(
        "The dictionary holds keys that are no parameters.",
        "The keys are exactly the names of the parameters: W1, b1, W2, b2.",
    ),
    "wrong_type": Cause(
        "A result is not a plain NumPy array (ndarray) of numbers.",
        "Return arrays as NumPy makes them; a sum or a mean without an axis is a single number.",
    ),
    "wrong_dtype": Cause(
        "A result is not made of float64 numbers.",
        "np.zeros_like(x) takes over the dtype of x; np.zeros(shape) gives float64.",
    ),
    "wrong_shape": Cause("A result has another shape than the docstring says.", _PRINT_SHAPES),
    "transposed": Cause(
        "Rows and columns are exchanged.",
        "Exchange the two factors of the product, or transpose the result.",
    ),
    "nan": Cause(
        "A result holds NaN.", "NaN comes from 0/0, inf/inf or inf - inf: which one can occur here?"
    ),
    "infinite": Cause(
        "A result holds an infinity.", "Look for a division by zero, or an exp of a large number."
    ),
    "overflow": Cause(
        "NaN or infinity, and only for large numbers.",
        "exp(1000) is infinite. 1/(1 + inf) is a right 0, but inf/inf is NaN.",
    ),
    # What the code does beside its job.
    "changed_input": Cause(
        "An array that was passed in was changed.",
        "Operators like += and *= change the caller's array: write a = a + b, or work on a copy. "
        "y = x is no copy, but a second name for the same array.",
    ),
    "changed_cache": Cause(
        "The backward pass changes the cache, so a second call differs.",
        "Operators like *= and -= change the cached array itself: write a = a * b, or work on a "
        "copy.",
    ),
    "emptied_cache": Cause(
        "The backward pass takes away what the net has kept.",
        "Read from self.cache with self.cache[...]: no pop, no del, no empty dictionary. backward "
        "may be called twice after one forward.",
    ),
    "changed_params": Cause(
        "The net's parameters were changed.",
        "Only the optimizer changes parameters; the two passes read them.",
    ),
    "overwritten_result": Cause(
        "A later call overwrites the result of an earlier one.",
        "Make a new array in every call, instead of filling one that is kept.",
    ),
    "stale_cache": Cause(
        "The backward pass does not belong to the forward pass that it was given.",
        "Keep everything that backward needs in the cache, and nothing in global variables.",
    ),
    "cache_mismatch": Cause(
        "The backward function does not understand the cache of the own forward function.",
        "Unpack in backward what forward has packed; simplest is the cache of the docstring.",
    ),
    "params_unused": Cause(
        "The answer is made without any of the weights and biases.",
        "A whole step is missing. Follow the input line by line: where do the weights come in, and "
        "is what comes out of them what is returned?",
    ),
    "stale_params": Cause(
        "The net goes on with old parameters after they were changed.",
        "Read self.params in every call: the optimizer changes them between calls.",
    ),
    "accumulated": Cause(
        "Gradients of an earlier call are added to those of the latest.",
        "What backward returns depends on dy and the latest forward alone. Keep nothing of an "
        "earlier call, and begin with a new dictionary.",
    ),
    "constant_output": Cause(
        "The same answer for different inputs.",
        "The result must be computed from the arrays passed in.",
    ),
    # Values that tell their cause, for all tasks.
    "all_zero": Cause("A result is zero everywhere.", "Is the result assigned at all?"),
    "sign": Cause("Right but for the sign.", "Look for a minus too many or too few."),
    "divided_by_n": Cause(
        "Too small by the size of the batch.",
        "The loss already divides by N; a layer passes gradients on undivided.",
    ),
    "times_n": Cause(
        "Too large by the size of the batch.",
        "dout holds the 1/N of the loss already: nothing is multiplied by N.",
    ),
    "missing_factor_two": Cause(
        "Half of what it should be.", "Look for a 1/2, or for a term that must be added twice."
    ),
    "extra_factor_two": Cause(
        "Twice what it should be.",
        "Where does a 2 come from here? That of the squared error is in the incoming gradient.",
    ),
    "factor": Cause(
        "Off by a constant factor.",
        "Look for a mean where a sum belongs, or for a factor too many.",
    ),
    "offset": Cause(
        "Off by the same amount everywhere.", "Look for a constant that is added, or left out."
    ),
    "low_precision": Cause(
        "Right to a few digits only.",
        "Stay in float64 and do not round; no small epsilon is needed here.",
    ),
    "off_by_one": Cause(
        "Only the last entries along an axis are wrong.",
        "Does the loop reach the last index? range(n) already ends at n - 1.",
    ),
    "not_accumulated": Cause(
        "Only one sample of the batch counts.",
        "Add up over the batch: += in a loop, or a product that sums.",
    ),
    "not_summed": Cause(
        "Each sample keeps its own gradient of the weights.",
        "All samples use the same weights, so their gradients add up. The product that sums over "
        "the batch is a matrix product, with a transpose: @, not *.",
    ),
    "flattened_wrongly": Cause(
        "The features of a sample are mixed up when it is flattened.",
        "Keep the first axis (the samples) and let reshape join the others.",
    ),
    "not_flattened": Cause(
        "Right for tables (N, D), not for samples of more dimensions.",
        "Flatten each sample first: (N, d_1, ..., d_k) becomes (N, D).",
    ),
    "not_reshaped": Cause("dx is left flat.", "Give dx the shape that x came in with."),
    "batch_of_one": Cause(
        "Wrong only for a batch of one sample.",
        "A batch of one is a batch, with two axes: do not squeeze or index it away, and give it no "
        "branch of its own.",
    ),
    "one_output": Cause(
        "Wrong only when there is a single output.",
        "One output still has its own axis: (N, 1), not (N,), and its bias (1,), not ().",
    ),
    "one_feature": Cause(
        "Wrong only when there is a single feature.", "One feature still has its own axis: (N, 1)."
    ),
    "one_of_all": Cause(
        "Wrong only when every size is 1.", "Arrays with one entry are arrays: keep all their axes."
    ),
    "some_shapes": Cause(
        "Right for some shapes and wrong for others.",
        "Take every size from the arrays passed in, none from an example.",
    ),
    "large_input": Cause(
        "Wrong only for large numbers.",
        "Is anything cut off or limited on the way? Try numbers like 20 and -20 by hand.",
    ),
    "near_zero": Cause(
        "Wrong only for 0 and for numbers near it.",
        "Does every number fall into a branch? Masks like x > 0 and x < 0 leave out 0 itself.",
    ),
    "weight_decay": Cause(
        "A multiple of the parameters is added to their gradients.",
        "This loss has no penalty on the weights: their gradients hold nothing but what comes "
        "down from dy.",
    ),
    "step_taken": Cause(
        "The parameters after a step of gradient descent, not their gradient.",
        "The step is the optimizer's. Here the gradient alone is wanted, without the learning rate "
        "and without the parameter.",
    ),
    "foreign_factor": Cause(
        "Multiplied by something that has no part in it.",
        "Write the derivative down on paper, and strike out every factor that does not stand "
        "there.",
    ),
    "added_up": Cause(
        "Added up over an axis that has to stay.",
        "Each sample keeps its own row: leave out the sum, or the mean, over that axis.",
    ),
    "one_change": Cause(
        "The pattern is none we know, and one change in the code makes the numbers right.",
        "Look at the piece that is named: with all the rest as it stands, only this has to change.",
    ),
    "wrong_values": Cause("The numbers are wrong, and the pattern is none we know."),
    # The affine layer.
    "bias_forgotten": Cause("A bias is missing.", "Add the bias to every row."),
    "bias_subtracted": Cause("A bias is subtracted.", "The bias is added: + b."),
    "bias_wrong_axis": Cause(
        "The bias belongs to another axis.",
        "There is one bias for each output, shared by all samples: axis 0 is the batch.",
    ),
    "bias_shape": Cause(
        "The gradient of a bias has an axis too many.",
        "b has shape (M,), so db has too: no keepdims, no second axis.",
    ),
    "bias_not_summed": Cause(
        "The gradient of a bias is not added up over the batch.",
        "Each sample uses the bias, so their gradients add up.",
    ),
    "bias_total": Cause(
        "The gradient of a bias is added up over everything.",
        "Add up over the batch alone, axis=0: each output keeps its own sum, also a single one.",
    ),
    "bias_with_input": Cause(
        "The gradient of a bias has the input of its layer in it.",
        "The bias is added as it is. So its gradient is dout alone, added up over the batch; x has "
        "no part in it.",
    ),
    "activation_in_affine": Cause(
        "The affine layer applies the activation.",
        "The affine layer ends with + b; the activation is a layer of its own.",
    ),
    "dout_forgotten": Cause(
        "The gradient that comes in is not used.",
        "Chain rule: every gradient is dout times the layer's own derivative.",
    ),
    "gradient_not_passed": Cause(
        "The gradient is passed on as it came, without the layer's own derivative.",
        "What travels on is the dx of each layer, not the dout it was given.",
    ),
    "not_transposed": Cause(
        "A product without the transpose that it needs.",
        "Going backwards, the weights act from the other side: transpose them.",
    ),
    # The sigmoid.
    "exp_sign": Cause(
        "exp(x) where exp(-x) belongs.", "The sigmoid grows with x: it is close to 1 for x = 10."
    ),
    "one_plus_forgotten": Cause(
        "The 1 + in the denominator is missing.", "The denominator is 1 + exp(-x)."
    ),
    "brackets": Cause(
        "Brackets are missing: an operation reaches over too little.",
        "1 / a + b is (1 / a) + b, and a * 1 - b is (a * 1) - b: put brackets around what belongs "
        "together.",
    ),
    "other_activation": Cause(
        "Another activation function (tanh, ReLU, softplus, softmax, ...).",
        "The sigmoid is 1/(1 + exp(-x)), and its derivative is written with that value alone.",
    ),
    "wrong_base": Cause("A power of 2 or 10 in place of exp.", "np.exp is the power of e."),
    "derivative_returned": Cause(
        "The derivative in place of the value.",
        "The slope is for the backward pass, not for this one.",
    ),
    "applied_twice": Cause("The sigmoid is applied twice.", "Apply the sigmoid once."),
    "clipped": Cause(
        "Numbers are cut off at a bound.",
        "No clipping is needed: large numbers are right as they are, and 1/(1 + inf) is a right 0.",
    ),
    "derivative_of_output": Cause(
        "The derivative is taken at σ(x): the cache is put through the sigmoid again.",
        "The cache is already σ(x); do not apply the sigmoid to it a second time.",
    ),
    "derivative_of_input": Cause(
        "The formula for the output is fed with the input.",
        "σ' is written with the output σ(x), so the output must be in the cache.",
    ),
    "derivative_of_dout": Cause(
        "The formula of the sigmoid is fed with dout.",
        "dout comes from the layer behind. It is multiplied with the derivative, and has no place "
        "inside its formula: there, it is the cache.",
    ),
    "derivative_incomplete": Cause(
        "A factor of the derivative is missing.",
        "σ' has two factors that contain σ(x): derive it once more on paper.",
    ),
    "tanh_derivative": Cause(
        "The derivative of tanh.", "1 - out² belongs to tanh; derive the sigmoid on paper."
    ),
    "added_not_multiplied": Cause("dout is added, not multiplied.", "The chain rule multiplies."),
    "matrix_product": Cause(
        "A matrix product where entries are multiplied.",
        "The sigmoid acts on each entry alone: use *, not @.",
    ),
    # The network.
    "activation_forgotten": Cause(
        "The net lacks the sigmoid between its layers.", "affine, sigmoid, affine: in this order."
    ),
    "activation_on_output": Cause(
        "The net ends with a sigmoid.",
        "A price may be any number: the net ends with an affine layer, and nothing behind it.",
    ),
    "layers_out_of_order": Cause(
        "The layers come in another order.", "affine, sigmoid, affine: in this order."
    ),
    "hidden_returned": Cause(
        "The hidden layer is returned.", "One affine layer is still to come: W2 and b2."
    ),
    "derivative_forgotten": Cause(
        "The backward pass goes past the sigmoid.",
        "Between the two affine layers the gradient passes through sigmoid_backward.",
    ),
    "other_parameter": Cause(
        "A parameter of the other layer is used.",
        "The first layer has W1 and b1, the second W2 and b2.",
    ),
    "normalised": Cause(
        "The input is normalised once more.",
        "X comes as it should be: use it as it is, without its mean and its deviation.",
    ),
    "wrong_layer_input": Cause(
        "A gradient uses another array than its layer had in the forward pass.",
        "Going back, a layer needs what it had going forward, its own input and its own weights, "
        "and the gradient of its own output. In the net, W2 acted on the output of the sigmoid, W1 "
        "on X.",
    ),
}
