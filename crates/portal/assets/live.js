// The forms that send real requests: they sign as one types, and know of each other's inquiries.

import { checkStatus, exchange, explain, isBusy, element } from "./exchange.js";
import { md5 } from "./md5.js";
import { read, suffix, withSign, write } from "./message.js";

// What the last inquiry of this tab was answered; nothing secret.
const KEPT = "lunas.inquiry";

const format = (form) => form.elements.format.value;
const freshRefId = () => `ref-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
const renew = (fields) => { if ("ref_id" in fields) fields.ref_id = freshRefId(); };
const kept = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");

// Makes a form work.
export function wire(form) {
  const { username, api_key: apiKey, body, signed } = form.elements;
  change(form, (fields) => {
    if (username.value) fields.username = username.value;
    else fields.username = "";
    renew(fields);
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
  element(form, "fresh")?.addEventListener("click", () => change(form, renew));
  form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form);
  });
  element(form, "check").addEventListener("click", () => { if (!isBusy(form)) checkStatus(form); });
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
    element(form, "canonical").textContent = `${form.dataset.unreadable} ${error.message}`;
    element(form, "sign").textContent = "";
    return;
  }
  const parts = [fields.username ?? "", apiKey.value, suffix(fields)];
  element(form, "canonical").replaceChildren(...parts.map(piece));
  const signature = md5(parts.join(""));
  element(form, "sign").textContent = signature;
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

async function submit(form) {
  if (isBusy(form)) return;
  const { body } = form.elements;
  const outcome = await exchange(form, body.value, format(form), refIdOf(form));
  if (outcome.command === "inq-pasca") {
    const { response_code: code, tr_id, ref_id } = outcome.answer ?? {};
    if (code === "00") pass({ tr_id, ref_id });
    // The first one may have arrived, and a ref_id is taken once.
    if (!outcome.answer) change(form, renew);
  }
  await explain(form, outcome);
}

// The ref_id of the inquiry that the form's payment is for, where this tab has made it.
function refIdOf(form) {
  try {
    const { tr_id } = read(form.elements.body.value, format(form));
    return String(tr_id) === String(kept().tr_id) ? kept().ref_id : undefined;
  } catch {
    return undefined;
  }
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
    element(form, "note").textContent = inquiry.tr_id ? form.dataset.carried : form.dataset.noInquiry;
  }
  if (command === "checkstatus" && inquiry.ref_id) {
    change(form, (fields) => { fields.ref_id = inquiry.ref_id; });
  }
}
