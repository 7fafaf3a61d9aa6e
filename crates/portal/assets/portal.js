// What the pages do beside showing: copying, and sending requests.

import { wire as wireCopy } from "./copy.js";
import { useNumber, wire } from "./live.js";
import { keepTrue } from "./sandbox-bar.js";

document.querySelectorAll("button.copy").forEach(wireCopy);
document.querySelectorAll("form.live").forEach(wire);

for (const button of document.querySelectorAll("button.use")) {
  button.hidden = false;
  button.addEventListener("click", () => useNumber(button.dataset.code, button.dataset.hp));
}

keepTrue();
