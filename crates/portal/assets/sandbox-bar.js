// The bar that names what is made to happen in the sandbox, kept true for as long as a page stands.

const bar = (page) => page.getElementById("sandbox-bar");

// Shows the bar of another page in this one, and none where that has none.
export function take(page) {
  const here = bar(document);
  const now = bar(page) && document.importNode(bar(page), true);
  if (!now) {
    here?.remove();
    return;
  }
  now.querySelector("[name=back]")?.setAttribute("value", location.pathname);
  // What says the same stays: somebody may be about to press its button.
  if (here?.isEqualNode(now)) return;
  if (here) here.replaceWith(now);
  else document.querySelector("header.top").after(now);
}

// Whoever comes back to a page may have switched something in another window, or in a terminal.
export function keepTrue() {
  if (!document.querySelector(".badge")) return;
  addEventListener("focus", ask);
  addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
}

async function ask() {
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The server is away: what the page says is what it said last.
  }
}
