// What the pages do beside showing: copying, and sending requests.

import { useNumber, wire } from "./live.js";
import { keepTrue } from "./stage.js";

for (const button of document.querySelectorAll("button.copy")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}

document.querySelectorAll("form.live").forEach(wire);

for (const button of document.querySelectorAll("button.use")) {
  button.hidden = false;
  button.addEventListener("click", () => useNumber(button.dataset.code, button.dataset.hp));
}

keepTrue();
