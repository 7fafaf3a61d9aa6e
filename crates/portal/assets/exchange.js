// Sends a request from a form and tells what became of it: awaited, answered, or lost.

import { md5 } from "./md5.js";
import { read, readAnswer, shown, write } from "./message.js";
import { take } from "./sandbox-bar.js";

// The gateway answers within 30 seconds.
const PATIENCE = 35_000;

export const element = (form, name) => form.querySelector(`[data-is="${name}"]`);

// The fields of a body, and none where it cannot be read.
function fieldsOf(body, format) {
  try {
    return read(body, format);
  } catch {
    return {};
  }
}

// Sends a body. What is promised has the answer's fields, and no `answer` where it was lost; `command` is
// that of the body, which may be another one than the form's.
export async function exchange(form, body, format, refId) {
  const fields = fieldsOf(body, format);
  const command = fields.commands ?? form.dataset.command;
  waitFor(form, command);
  form.turn = (form.turn ?? 0) + 1;
  const { username, ref_id } = fields;
  const asked = { command, refId: ref_id ?? refId, username, format, turn: form.turn };
  const begun = performance.now();
  try {
    const response = await fetch(form.dataset.path, {
      method: "POST",
      headers: { "Content-Type": `application/${format}` },
      body,
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await response.text();
    const milliseconds = Math.max(1, Math.round(performance.now() - begun));
    const answer = readAnswer(text, format);
    const asking = command === form.dataset.command ? "" : `${command} · `;
    tell(form, `${asking}HTTP ${response.status} · ${milliseconds} ms`, shown(text, format), answer);
    // A page of something between here and the gateway is no answer of the gateway.
    if (!isAnswer(command, answer, response)) return lose(form, asked);
    rest(form);
    return { command, answer, by: response.headers.get("X-Lunas-Scenario") ?? "", asked };
  } catch {
    return lose(form, asked);
  }
}

// An answer has a code, but for a price list.
function isAnswer(command, answer, response) {
  const isList = command === "pricelist-pasca" && response.ok && Object.keys(answer).length > 0;
  return isList || /^\d+$/.test(answer.response_code ?? "");
}

// Nothing of an earlier answer stays while the next one is awaited.
function waitFor(form, command) {
  element(form, "result").hidden = true;
  element(form, "lost").hidden = true;
  for (const name of ["outcome", "hints", "answer", "explanation"]) element(form, name).replaceChildren();
  element(form, "note").textContent = `${form.dataset.sending} ${command}`;
  form.setAttribute("aria-busy", "true");
  for (const button of form.querySelectorAll("[aria-disabled]")) button.setAttribute("aria-disabled", "true");
}

export const isBusy = (form) => form.getAttribute("aria-busy") === "true";

function rest(form) {
  element(form, "note").textContent = "";
  form.setAttribute("aria-busy", "false");
  for (const button of form.querySelectorAll("[aria-disabled]")) button.setAttribute("aria-disabled", "false");
}

function tell(form, outcome, text, answer) {
  element(form, "outcome").textContent = outcome;
  element(form, "answer").textContent = text;
  const details = Object.entries(answer.error_details ?? {});
  const told = ([field, faults]) => [faults].flat().map((fault) => `${field} ${fault}`);
  const hints = details.flatMap(told).concat(answer.hint ?? []);
  element(form, "hints").replaceChildren(...hints.map((hint) => {
    const item = document.createElement("li");
    item.textContent = hint;
    return item;
  }));
  element(form, "result").hidden = false;
}

function lose(form, asked) {
  rest(form);
  const isAboutPayment = form.dataset.command === "pay-pasca" && asked.command === "checkstatus";
  const isPayment = asked.command === "pay-pasca" || isAboutPayment;
  const { lostPayment, lostInquiry, lostOther } = form.dataset;
  const advice = isPayment ? lostPayment : asked.command === "inq-pasca" ? lostInquiry : lostOther;
  advise(form, advice, isPayment ? asked : undefined);
  return { command: asked.command, asked };
}

// Says in amber what to do, and offers to ask for the status where a payment may have been made.
function advise(form, text, asked) {
  element(form, "advice").textContent = text;
  element(form, "ask").hidden = !asked;
  if (asked) {
    const { refId, username, format } = asked;
    element(form, "check").hidden = !refId;
    element(form, "unknown-ref-id").hidden = !!refId;
    element(form, "ref-id").textContent = refId ?? "";
    form.statusRequest = refId && { refId, username, format };
  }
  element(form, "lost").hidden = false;
}

// Asks for the status of the payment whose answer was lost or is pending.
export async function checkStatus(form) {
  const { refId, username, format } = form.statusRequest;
  const sign = md5(`${username}${form.elements.api_key.value}cs`);
  const body = write({ commands: "checkstatus", username, ref_id: refId, sign }, format);
  await explain(form, await exchange(form, body, format, refId));
}

// The page of the response code has its explanation, and what is made to happen in the sandbox by now.
export async function explain(form, { command, answer, by, asked }) {
  const code = answer?.response_code ?? "";
  if (!/^\d+$/.test(code)) return;
  let page;
  try {
    const path = `/docs/codes/${code}${by && `?by=${by}`}`;
    const sent = await fetch(path, { signal: AbortSignal.timeout(PATIENCE) });
    page = new DOMParser().parseFromString(await sent.text(), "text/html");
  } catch {
    // The answer stands; only what explains it did not come.
    if (form.turn === asked.turn) element(form, "note").textContent = form.dataset.unexplained;
    return;
  }
  // What comes late explains no later answer.
  if (form.turn !== asked.turn) return;
  const found = page.getElementById("explanation");
  if (!found) return;
  take(page);
  found.removeAttribute("id");
  const isOpen = found.classList.contains("pending");
  if (isOpen && ["pay-pasca", "checkstatus"].includes(command)) {
    advise(form, form.dataset.pending, { ...asked, refId: asked.refId ?? answer.ref_id });
  }
  element(form, "explanation").replaceChildren(document.importNode(found, true));
}
