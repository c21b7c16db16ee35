// What is wider than its place can be scrolled by keyboard, too.
"use strict";
function reach() {
  for (const box of document.querySelectorAll("pre, .formula, .table-wrapper, .output.text_html")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reach);
addEventListener("resize", reach);
