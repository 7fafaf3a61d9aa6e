// Refreshes the table of the report while the page is visible.

const PERIOD = 2000;

const table = document.getElementById("transactions");
const stale = document.getElementById("stale");

async function refresh() {
  if (document.visibilityState === "visible" && !table.contains(document.activeElement)) {
    try {
      const fragment = new URL(location.href);
      fragment.pathname = table.dataset.fragment;
      const answer = await fetch(fragment, { signal: AbortSignal.timeout(PERIOD * 5) });
      stale.hidden = true;
      const html = answer.ok ? await answer.text() : table.innerHTML;
      // The server escapes what it shows; an unchanged table is left alone, with what is selected in it.
      if (html !== refresh.last) table.innerHTML = html;
      refresh.last = html;
    } catch {
      // The server did not answer; the next attempt may succeed. Until then the table is stale.
      stale.hidden = false;
    }
  }
  setTimeout(refresh, PERIOD);
}

if (table) setTimeout(refresh, PERIOD);
