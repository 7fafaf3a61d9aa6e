// The forms that send real requests: they sign as one types, and tell what came back.

import { md5 } from "./md5.js";
import { read, readAnswer, shown, suffix, withSign, write } from "./message.js";

// The gateway answers within 30 seconds.
const PATIENCE = 35_000;

// What the last inquiry of this tab was answered; nothing secret.
const KEPT = "lunas.inquiry";

const part = (form, name) => form.querySelector(`[data-is="${name}"]`);
const format = (form) => form.elements.format.value;
const freshRefId = () => `ref-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
const kept = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");

// Makes a form work.
export function wire(form) {
  const { username, api_key: apiKey, body, signed } = form.elements;
  change(form, (fields) => {
    if (username.value) fields.username = username.value;
    else fields.username = "";
    if ("ref_id" in fields) fields.ref_id = freshRefId();
  });
  carry(form, kept());
  form.dataset.format = format(form);
  username.addEventListener("input", () => change(form, (f) => { f.username = username.value; }));
  apiKey.addEventListener("input", () => sign(form));
  body.addEventListener("input", () => sign(form));
  signed.addEventListener("change", () => sign(form));
  for (const choice of form.elements.format) {
    choice.addEventListener("change", () => translate(form));
  }
  part(form, "fresh")?.addEventListener("click", () => change(form, (f) => { f.ref_id = freshRefId(); }));
  form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

// Puts a number of the sandbox into the inquiry of this page.
export function useNumber(code, hp) {
  const form = document.querySelector('form.live[data-command="inq-pasca"]');
  change(form, (fields) => Object.assign(fields, { code, hp, ref_id: freshRefId() }));
  form.scrollIntoView({ behavior: "smooth", block: "center" });
  form.elements.body.focus({ preventScroll: true });
}

// Changes fields of the body; a body that cannot be read stays as it is.
function change(form, edit) {
  try {
    const fields = read(form.elements.body.value, format(form));
    edit(fields);
    form.elements.body.value = write(fields, format(form));
  } catch { /* sign() tells what is wrong */ }
  sign(form);
}

// The same request in the other format.
function translate(form) {
  const { body } = form.elements;
  try {
    body.value = write(read(body.value, form.dataset.format), format(form));
    form.dataset.format = format(form);
  } catch {
    form.elements.format.value = form.dataset.format;
  }
  sign(form);
}

// Shows what is signed and the signature, and puts it into the body where that is wanted.
function sign(form) {
  const { api_key: apiKey, body, signed } = form.elements;
  let fields;
  try {
    fields = read(body.value, format(form));
  } catch (error) {
    part(form, "canonical").textContent = `${form.dataset.unreadable} ${error.message}`;
    part(form, "sign").textContent = "";
    return;
  }
  const parts = [fields.username ?? "", apiKey.value, suffix(fields)];
  part(form, "canonical").replaceChildren(...parts.map(piece));
  const signature = md5(parts.join(""));
  part(form, "sign").textContent = signature;
  if (!signed.checked) return;
  const now = withSign(body.value, format(form), signature);
  if (now === body.value) return;
  // Both are 32 digits as a rule, so the caret stays where it was.
  const { selectionStart, selectionEnd } = body;
  body.value = now;
  if (document.activeElement === body) body.setSelectionRange(selectionStart, selectionEnd);
}

function piece(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

async function send(form) {
  const inquiring = form.dataset.command === "inq-pasca";
  const content = form.elements.body.value;
  const asked = format(form);
  part(form, "note").textContent = form.dataset.sending;
  const begun = performance.now();
  try {
    const response = await fetch(form.dataset.path, {
      method: "POST",
      headers: { "Content-Type": `application/${asked}` },
      body: content,
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await response.text();
    const milliseconds = Math.max(1, Math.round(performance.now() - begun));
    const answer = readAnswer(text, asked);
    part(form, "note").textContent = "";
    tell(form, `HTTP ${response.status} · ${milliseconds} ms`, shown(text, asked), answer);
    if (inquiring && answer.response_code === "00") pass({ tr_id: answer.tr_id, ref_id: answer.ref_id });
    await explain(form, answer.response_code);
  } catch {
    part(form, "note").textContent = form.dataset.unreachable;
  }
}

function tell(form, outcome, text, answer) {
  part(form, "outcome").textContent = outcome;
  part(form, "answer").textContent = text;
  const details = Object.entries(answer.error_details ?? {});
  const hints = details.map(([field, fault]) => `${field} ${fault}`).concat(answer.hint ?? []);
  part(form, "hints").replaceChildren(...hints.map((hint) => {
    const item = document.createElement("li");
    item.textContent = hint;
    return item;
  }));
  part(form, "explanation").replaceChildren();
  part(form, "result").hidden = false;
}

// The page of the response code has its explanation.
async function explain(form, code) {
  if (!/^\d+$/.test(code ?? "")) return;
  const page = await (await fetch(`/docs/codes/${code}`)).text();
  const found = new DOMParser().parseFromString(page, "text/html").getElementById("explanation");
  if (!found) return;
  found.removeAttribute("id");
  part(form, "explanation").replaceChildren(document.importNode(found, true));
}

// Hands an inquiry on to the forms that go on from it, here and on the next pages.
function pass(inquiry) {
  sessionStorage.setItem(KEPT, JSON.stringify(inquiry));
  document.querySelectorAll("form.live").forEach((form) => carry(form, inquiry));
}

function carry(form, inquiry) {
  const { command } = form.dataset;
  if (command === "pay-pasca") {
    change(form, (fields) => { fields.tr_id = String(inquiry.tr_id ?? ""); });
    part(form, "note").textContent = inquiry.tr_id ? form.dataset.carried : form.dataset.noInquiry;
  }
  if (command === "checkstatus" && inquiry.ref_id) {
    change(form, (fields) => { fields.ref_id = inquiry.ref_id; });
  }
}
