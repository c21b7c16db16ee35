// Says what is going on while a hand-in is sent and judged; without it, the page works by reloading.
"use strict";

const said = document.getElementById("said");
const form = document.querySelector("form");
if (form) {
  form.addEventListener("submit", () => {
    form.querySelector("button").disabled = true;
    said.textContent = "Sending, and waiting for the verdict …";
  });
  window.addEventListener("pageshow", () => {
    form.querySelector("button").disabled = false; // after Back
  });
}

const waiting = document.querySelector("[data-waiting]");

async function look() {
  try {
    const answer = await fetch(waiting.dataset.waiting, { headers: { Accept: "application/json" } });
    if (answer.ok && (await answer.json()).judged) {
      location.replace(location.href);
      return;
    }
  } catch {
    // the service starts anew, or the network is away: once more
  }
  setTimeout(look, 3000);
}

if (waiting) look();
