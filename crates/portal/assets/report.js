// Keeps the report's table fresh: asks the server for it again while the page is looked at.

const PERIOD = 2000;

const table = document.getElementById("transactions");
const stale = document.getElementById("stale");

async function refresh() {
  if (document.visibilityState === "visible" && !table.contains(document.activeElement)) {
    try {
      const part = new URL(location.href);
      part.pathname = table.dataset.part;
      const answer = await fetch(part, { signal: AbortSignal.timeout(PERIOD * 5) });
      stale.hidden = true;
      const html = answer.ok ? await answer.text() : table.innerHTML;
      // The server escapes what it shows; an unchanged table is left alone, with what is selected in it.
      if (html !== refresh.last) table.innerHTML = html;
      refresh.last = html;
    } catch {
      // The server is away, and the next question may find it again. Until then nothing here is news.
      stale.hidden = false;
    }
  }
  setTimeout(refresh, PERIOD);
}

if (table) setTimeout(refresh, PERIOD);
