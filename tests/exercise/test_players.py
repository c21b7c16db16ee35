"""The players: small, in words too, by keyboard, with less motion, and without a script."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from support.accessibility import axe_report
from support.jupyterlab import browser_page

from exercise_code import plots
from exercise_code.networks import SGD, Adam, SGDMomentum

PLAYERS = {"batch": plots.batch_player, "optimizer": plots.optimizer_player}


@pytest.fixture(scope="module", params=PLAYERS)
def player(request):
    return PLAYERS[request.param]()


def test_a_player_is_small_and_loads_nothing(player):
    page = player._repr_html_()
    assert len(page) < 150_000
    without_names = page.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in without_names and "import" not in without_names
    assert "src=" in page and re.findall(r'src="([^:]+):', page) == ["data"]


def test_the_still_and_the_sentence_are_there_without_a_script(player):
    class Tags(HTMLParser):
        alt, said, inside = "", "", False

        def handle_starttag(self, tag, attributes):
            self.inside = dict(attributes).get("class") == "said"
            if tag == "img":
                self.alt = dict(attributes)["alt"]

        def handle_data(self, text):
            if self.inside:
                self.said += text

        def handle_endtag(self, tag):
            self.inside = False

    tags = Tags()
    tags.feed(re.sub("<script>.*</script>", "", player._repr_html_(), flags=re.S))
    assert tags.alt == tags.said == player.alt
    assert player.alt in player._repr_feedback_()["text/plain"]
    assert player.still().count("<polyline") == 3


def test_two_players_on_one_page_do_not_share_a_name():
    player = plots.batch_player()
    names = [re.search('id="([^"]+)"', player._repr_html_())[1] for _ in range(2)]
    assert names[0] != names[1]


def test_small_batches_shake_and_all_samples_do_not():
    one, thirty_two, everyone = plots.batch_player().paths

    def shake(path):
        return np.abs(np.diff(path[-20:], axis=0)).sum()

    assert shake(one) > 3 * shake(thirty_two) > 3 * shake(everyone)


def test_the_optimizers_are_those_of_the_notebook():
    player = plots.optimizer_player()
    for rule, rate, path in zip(
        (SGD, SGDMomentum, Adam), (0.45, 0.2, 0.2), player.paths, strict=True
    ):
        theta = np.array([-9.0, 1.5])
        optimizer = rule({"θ": theta}, rate)
        for _ in range(60):
            optimizer.step({"θ": np.array([0.02, 4.0]) * theta})
        assert np.array_equal(path[-1], theta)


def heights(sentence):
    return [
        float(word) for word in re.findall(r"([\d.e+-]+)(?:,|\.$)", sentence.partition("f:")[2])
    ]


def test_keyboard_steps_sets_and_resets_and_the_script_agrees_with_the_still():
    with browser_page() as page:
        page.emulate_media(reduced_motion="reduce")
        for make in PLAYERS.values():
            player = make()
            head = "<html lang=en><title>A player</title><main><h1>A player</h1>"
            page.set_content(head + player._repr_html_() + "</main>")
            assert axe_report(page) == ""
            said = page.locator(".said")

            def press(name, key="Enter"):
                page.get_by_role("button", name=name).focus()
                page.keyboard.press(key)

            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.textContent") == "Play"
            press("Play")  # with reduced motion the whole path is there at once
            at_end = said.inner_text()
            assert at_end.startswith(f"Step {player.steps} of {player.steps}.")
            ends = [player._f(path[-1]) for path in player.paths]
            assert heights(at_end) == pytest.approx(ends, rel=0.01)

            press("Reset", "Space")
            assert said.inner_text().startswith("Step 0 of ")
            press("Step")
            press("Step")
            assert said.inner_text().startswith("Step 2 of ")
            slider = page.get_by_role("slider").first
            slider.focus()
            page.keyboard.press("ArrowLeft")
            assert said.inner_text() != at_end and said.inner_text().startswith("Step ")
            assert heights(said.inner_text())[0] != heights(at_end)[0]


def test_a_film_runs_to_its_end_and_can_be_stopped():
    player = plots.batch_player()
    with browser_page() as page:
        page.clock.install(time=0)
        page.clock.pause_at(1000)  # from here on time passes only by run_for
        page.set_content(f"<main>{player._repr_html_()}</main>")
        page.get_by_role("button", name="Play").click()
        page.clock.run_for(600)
        page.get_by_role("button", name="Pause").click()
        assert page.locator(".said").inner_text().startswith("Step 5 of ")
        page.get_by_role("button", name="Play").click()
        page.clock.run_for(120 * player.steps)
        assert page.locator(".said").inner_text().startswith(f"Step {player.steps} of ")
        assert page.get_by_role("button", name="Play").is_visible()
