// The buttons that copy.
//
// A browser lets a page write to the clipboard only under https and on its own machine. Elsewhere the text
// is selected, and the button says which keys copy it.

const ANSWER_STAYS = 1500;
const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

export function wire(button) {
  const label = button.textContent;
  const say = (text) => { button.textContent = text; };
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      say(`${button.dataset.press} ${IS_APPLE ? "⌘C" : "Ctrl+C"}`);
      await new Promise((copied) => { document.addEventListener("copy", copied, { once: true }); });
    }
    say(button.dataset.done);
    setTimeout(() => say(label), ANSWER_STAYS);
  });
}
