"""Two players: paths down a valley, to be played, stepped and set by hand.

A player is a still picture and a sentence. Where scripts may run, a short script without any
library puts a drawing that moves in the place of the still, with buttons and sliders that the
keyboard reaches. Whoever asks for reduced motion sees the whole path at once instead of a film.
The first drawing is the still, computed by the optimizers of this package.
"""

import base64
import html
import json
import math
import os

import numpy as np

from exercise_code.networks import SGD, Adam, SGDMomentum
from exercise_code.plots.figure import LOOKS, number

_WIDTH, _HEIGHT = 720, 300
_LEVELS = 9
_RULES = {"sgd": SGD, "momentum": SGDMomentum, "adam": Adam}
_DASHES = ("", "7 4", "2 3")


class Player:
    """Several paths on one landscape f(θ) = (c1 θ1² + c2 θ2²) / 2.

    Attributes
    ----------
    alt : str
        What the still shows, in words.
    caption : str
    """

    def __init__(self, title, question, landscape, series, sliders, steps):
        self.title = title
        self.caption = question
        self.landscape = landscape
        self.series = series
        self.sliders = sliders
        self.steps = steps
        self.paths = [self._path(one) for one in series]
        ends = ", ".join(
            f"{one['name']} at {number(self._f(path[-1]))}"
            for one, path in zip(series, self.paths, strict=True)
        )
        self.alt = (
            f"{title}, from the height f = {number(self._f(self.paths[0][0]))}. "
            f"After {steps} steps: {ends}."
        )

    def _f(self, theta):
        return float(0.5 * np.sum(np.multiply(self.landscape["curvature"], np.square(theta))))

    def _path(self, one):
        theta = np.array(self.landscape["start"], dtype=float)
        arguments = {slider["key"]: slider["value"] for slider in self.sliders}
        rate = arguments[one.get("rate", "rate")]
        extra = {"momentum": arguments["mu"]} if one["rule"] == "momentum" else {}
        optimizer = _RULES[one["rule"]]({"θ": theta}, rate, **extra)
        path = [theta.copy()]
        for step in range(self.steps):
            pull = one["pulls"][step] if one["pulls"] else (0.0, 0.0)
            optimizer.step({"θ": np.multiply(self.landscape["curvature"], theta - pull)})
            path.append(theta.copy())
        return np.array(path)

    def still(self):
        """The drawing with all steps, as SVG."""
        x0, x1, y0, y1 = self.landscape["view"]
        across, up = _WIDTH / (x1 - x0), _HEIGHT / (y1 - y0)

        def place(theta):
            return f"{(theta[0] - x0) * across:.1f},{(y1 - theta[1]) * up:.1f}"

        c1, c2 = self.landscape["curvature"]
        middle = place((0, 0)).split(",")
        top = self._f((x0, y1))
        parts = []
        for level in range(_LEVELS):
            height = top * 10 ** (-3 * level / (_LEVELS - 1))
            blue = 235 - 9 * level
            rx, ry = math.sqrt(2 * height / c1) * across, math.sqrt(2 * height / c2) * up
            parts.append(
                f'<ellipse cx="{middle[0]}" cy="{middle[1]}" rx="{rx:.1f}" ry="{ry:.1f}" '
                f'fill="rgb({blue - 20},{blue},250)" stroke="#8899aa" stroke-width="0.6"/>'
            )
        for look, dash, path in zip(LOOKS, _DASHES, self.paths, strict=False):
            points = " ".join(map(place, np.clip(path, -1e4, 1e4)))
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{look["color"]}" '
                f'stroke-width="2" stroke-dasharray="{dash}"/>'
            )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'width="{_WIDTH}" height="{_HEIGHT}"><rect width="100%" height="100%" fill="white"/>'
            f"{''.join(parts)}</svg>"
        )

    def _repr_html_(self):
        name = f"player-{os.urandom(4).hex()}"
        still = base64.b64encode(self.still().encode()).decode("ascii")
        setting = {
            "title": self.title, "steps": self.steps, "sliders": self.sliders,
            **self.landscape, "series": [
                {**one, "color": look["color"], "dash": dash}
                for one, look, dash in zip(self.series, LOOKS, _DASHES, strict=False)
            ],
        }  # fmt: skip
        data = json.dumps(setting).replace("<", "\\u003c")
        legend = ", ".join(
            f"{one['name']} {kind}"
            for one, kind in zip(self.series, ("(solid)", "(dashed)", "(dotted)"), strict=False)
        )
        return (
            f'<div id="{name}" role="group" aria-label="{html.escape(self.title)}" '
            'style="color-scheme:light;background:white;color:black;padding:8px;max-width:740px;'
            'margin:0">'
            f'<div class="drawing"><img src="data:image/svg+xml;base64,{still}" width="{_WIDTH}" '
            f'style="max-width:100%" alt="{html.escape(self.alt)}"></div>'
            f'<div class="controls"></div><p class="said" aria-live="polite">'
            f"{html.escape(self.alt)}</p>"
            f"<p>{html.escape(self.caption)} Lines: {html.escape(legend)}.</p></div>"
            f"<script>{_SCRIPT.replace('NAME', name).replace('SETTING', data)}</script>"
        )

    def _repr_feedback_(self):
        """What the page of feedback shows, where there is no HTML."""
        return {"text/plain": f"{self!r}\n{self.caption}"}

    def __repr__(self):
        return f"Player: {self.alt}"


def batch_player():
    """The same valley under minibatches of 1, of 32, and under all of 64 samples (notebook 2a).

    Each sample has a valley of its own, and what is descended is their average. So the gradient of
    a minibatch points to the middle of its samples, and not to the middle of all.
    """
    steps, samples = 40, 64
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((samples, 2)) * (3.0, 0.9)
    centres -= centres.mean(axis=0)

    def pulls(size):
        drawn = [rng.choice(samples, size, replace=False) for _ in range(steps)]
        return [[round(float(m), 4) for m in centres[S].mean(axis=0)] for S in drawn]

    series = [
        {"name": "batch 1", "rule": "sgd", "pulls": pulls(1)},
        {"name": "batch 32", "rule": "sgd", "pulls": pulls(32)},
        {"name": "all 64", "rule": "sgd", "pulls": []},
    ]
    sliders = [_slider("rate", "learning rate α", 0.01, 0.5, 0.01, 0.15)]
    landscape = {"curvature": [0.5, 2.0], "start": [-8.0, 2.4], "view": [-10, 6, -3.2, 3.2]}
    return Player(
        "One valley under three batch sizes",
        "The smaller the batch, the more the path shakes. Where does it stop shaking? Set α.",
        landscape, series, sliders, steps,
    )  # fmt: skip


def optimizer_player():
    """SGD, momentum and Adam in the valley of notebook 2b, with rates and momentum to set."""
    series = [
        {"name": "SGD", "rule": "sgd", "pulls": [], "rate": "sgd"},
        {"name": "momentum", "rule": "momentum", "pulls": [], "rate": "momentum"},
        {"name": "Adam", "rule": "adam", "pulls": [], "rate": "adam"},
    ]
    sliders = [
        _slider("sgd", "λ of SGD", 0.01, 0.55, 0.01, 0.45),
        _slider("momentum", "λ of momentum", 0.01, 0.55, 0.01, 0.2),
        _slider("mu", "momentum μ", 0.0, 0.98, 0.01, 0.9),
        _slider("adam", "λ of Adam", 0.01, 1.0, 0.01, 0.2),
    ]
    landscape = {"curvature": [0.02, 4.0], "start": [-9.0, 1.5], "view": [-11, 5, -2.2, 2.2]}
    return Player(
        "Three optimizers in one valley",
        "At which λ does SGD break? And what does momentum do at μ = 0, and near 1?",
        landscape, series, sliders, 60,
    )  # fmt: skip


def _slider(key, label, low, high, step, value):
    return {"key": key, "label": label, "min": low, "max": high, "step": step, "value": value}


# SETTING is the data, NAME the id of the player.
_SCRIPT = r"""
(function () {
  "use strict";
  const player = document.getElementById("NAME"), set = SETTING;
  if (!player) return;
  // JupyterLab takes the arrows of a slider for its own, and goes to another cell.
  player.addEventListener("keydown", event => event.stopPropagation());
  const NS = "http://www.w3.org/2000/svg", W = 720, H = 300;
  const [x0, x1, y0, y1] = set.view, across = W / (x1 - x0), up = H / (y1 - y0);
  const values = Object.fromEntries(set.sliders.map(s => [s.key, s.value]));
  let shown = set.steps, timer = null, paths = [];

  function f(p) {
    return 0.5 * (set.curvature[0] * p[0] * p[0] + set.curvature[1] * p[1] * p[1]);
  }
  function walk(one) {
    let theta = set.start.slice(), path = [theta.slice()];
    const rate = values[one.rate || "rate"], v = [0, 0], m = [0, 0];
    for (let t = 1; t <= set.steps; t++) {
      const pull = one.pulls.length ? one.pulls[t - 1] : [0, 0];
      for (const i of [0, 1]) {
        const g = set.curvature[i] * (theta[i] - pull[i]);
        if (one.rule === "momentum") {
          v[i] = values.mu * v[i] - rate * g;
          theta[i] += v[i];
        } else if (one.rule === "adam") {
          m[i] = 0.9 * m[i] + 0.1 * g;
          v[i] = 0.999 * v[i] + 0.001 * g * g;
          const mHat = m[i] / (1 - Math.pow(0.9, t)), vHat = v[i] / (1 - Math.pow(0.999, t));
          theta[i] -= rate * mHat / (Math.sqrt(vHat) + 1e-8);
        } else theta[i] -= rate * g;
      }
      path.push(theta.slice());
    }
    return path;
  }
  function element(name, attributes, parent) {
    const made = document.createElementNS(NS, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    parent.appendChild(made);
    return made;
  }
  const place = p => [(p[0] - x0) * across, (y1 - p[1]) * up]
    .map(c => Math.max(-9999, Math.min(9999, c)).toFixed(1));

  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", set.title);
  svg.style.cssText = "width:100%;height:auto;background:white";
  const [cx, cy] = place([0, 0]), top = f([x0, y1]);
  for (let level = 0; level < 9; level++) {
    const height = top * Math.pow(10, -3 * level / 8), blue = 235 - 9 * level;
    element("ellipse", {cx, cy, rx: Math.sqrt(2 * height / set.curvature[0]) * across,
      ry: Math.sqrt(2 * height / set.curvature[1]) * up, fill: `rgb(${blue - 20},${blue},250)`,
      stroke: "#8899aa", "stroke-width": 0.6}, svg);
  }
  const lines = set.series.map(one => element("polyline", {fill: "none", stroke: one.color,
    "stroke-width": 2, "stroke-dasharray": one.dash}, svg));
  const heads = set.series.map(one => element("circle", {r: 5, fill: one.color,
    stroke: "white"}, svg));
  player.querySelector(".drawing").replaceChildren(svg);

  const said = player.querySelector(".said"), controls = player.querySelector(".controls");
  function number(x) {
    return Number.isFinite(x) ? `at ${Number(x.toPrecision(3))}` : "diverged";
  }
  function draw(speak) {
    paths.forEach((path, i) => {
      const part = path.slice(0, shown + 1), head = place(part[shown]);
      lines[i].setAttribute("points", part.map(p => place(p).join(",")).join(" "));
      heads[i].setAttribute("cx", head[0]);
      heads[i].setAttribute("cy", head[1]);
    });
    if (speak) said.textContent = `Step ${shown} of ${set.steps}. The height f: ` +
      set.series.map((one, i) => `${one.name} ${number(f(paths[i][shown]))}`).join(", ") + ".";
  }
  function button(label, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.style.cssText = "margin:4px 8px 4px 0;padding:4px 12px;min-height:32px;color:#111;" +
      "background:#eee;border:1px solid #666;border-radius:4px;font-size:14px";
    made.addEventListener("click", action);
    controls.appendChild(made);
    return made;
  }
  function stop() {
    if (timer !== null) clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    draw(true);
  }
  const play = button("Play", () => {
    if (timer !== null) return stop();
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
      shown = set.steps;
      return draw(true);
    }
    if (shown >= set.steps) shown = 0;
    play.textContent = "Pause";
    timer = setInterval(() => {
      if (!document.body.contains(player)) return clearInterval(timer);
      shown += 1;
      draw(false);
      if (shown >= set.steps) stop();
    }, 120);
  });
  button("Step", () => { stop(); shown = shown >= set.steps ? 1 : shown + 1; draw(true); });
  button("Reset", () => {
    set.sliders.forEach((s, i) => {
      values[s.key] = inputs[i].value = s.value;
      label(i);
    });
    paths = set.series.map(walk);
    shown = 0;
    stop();
  });
  const texts = [];
  function label(i) {
    const s = set.sliders[i];
    texts[i].textContent = `${s.label} = ${Number(values[s.key]).toFixed(2)} `;
  }
  const inputs = set.sliders.map((s, i) => {
    const row = document.createElement("label"), input = document.createElement("input");
    row.style.cssText = "display:inline-block;margin:4px 12px 4px 0;font-size:14px";
    texts[i] = document.createElement("span");
    Object.assign(input, {type: "range", min: s.min, max: s.max, step: s.step});
    input.value = s.value;
    input.style.cssText = "vertical-align:middle;width:150px";
    row.append(texts[i], input);
    controls.appendChild(row);
    label(i);
    input.addEventListener("input", () => {
      values[s.key] = Number(input.value);
      label(i);
      paths = set.series.map(walk);
      shown = set.steps;
      stop();
    });
    return input;
  });
  paths = set.series.map(walk);
  draw(false);
})();
"""
