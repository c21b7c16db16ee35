"""Never comes to the end of its file.

Why it might work: a time limit on calls does not hold before there is anything to call.
It must get: nothing, and be told that it is the file that does not end.
"""

from attacks.arena import SHORT, HandIn, reference


def test_a_file_that_does_not_end_has_a_time_limit(desk):
    files = reference().files
    net = "exercise_code/networks/two_layer_net.py"
    endless = HandIn({**files, net: b"while True: pass\n" + files[net]})
    verdicts = desk.attack(endless, seconds=SHORT)
    assert verdicts["affine_forward"].cause == "time_limit"
