// Pays a bill over lunas, with what Node.js 18 and later bring.
//
//     LUNAS_API_KEY=rahasia123 node pay.mjs

import { createHash, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

// == Setup

const {
  LUNAS_URL: url = "http://127.0.0.1:8080",
  LUNAS_USERNAME: username = "081234567890",
  LUNAS_API_KEY: apiKey,
} = process.env;

// An answer always leaves within 30 seconds, so whoever waits a little longer rarely loses one.
const PATIENCE_MS = 35_000;

/** Nobody knows what became of the request: it may have been carried out. */
class NoAnswer extends Error {}

/** There is an outcome, and it is not the one that was wanted. */
class Refused extends Error {}

const sign = (suffix) =>
  createHash("md5").update(`${username}${apiKey}${suffix}`).digest("hex");

/** The body of the answer; a status other than 200 and 400 says nothing about the outcome. */
async function fetchBody(path, options = {}, patience = PATIENCE_MS) {
  try {
    // The signal holds for the body, too: half an answer is none.
    const signal = AbortSignal.timeout(patience);
    const response = await fetch(`${url}/api/v1/${path}`, { ...options, signal });
    if (![200, 400].includes(response.status)) throw new Error(`HTTP status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new NoAnswer(error.message, { cause: error });
  }
}

async function send(commands, signed, fields, patience) {
  const body = JSON.stringify({ commands, username, sign: sign(signed), ...fields });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetchBody("bill/check", { method: "POST", headers, body }, patience);
  try {
    return JSON.parse(answer).data;
  } catch (error) {
    throw new NoAnswer("it cannot be read", { cause: error });
  }
}

// == Inquiry

async function inquire(code, hp, fields) {
  // Store your ref_id before it is sent: it is what you ask by when an answer is lost.
  const ref_id = `node-${randomUUID()}`;
  const bill = await send("inq-pasca", ref_id, { code, hp, ref_id, ...fields });
  if (bill.response_code !== "00") {
    throw new Refused(`Inquiry refused: ${bill.response_code} ${bill.message}`);
  }
  // Amounts are whole rupiah. The customer pays the price, your deposit the selling price.
  console.log(`Inquiry: ${bill.tr_name} owes Rp ${bill.price}, you pay Rp ${bill.selling_price}`);
  return bill;
}

// == Payment

const sendPayment = ({ tr_id }, patience) =>
  send("pay-pasca", String(tr_id), { tr_id }, patience);

async function pay(bill, patience) {
  const answer = await sendPayment(bill, patience).catch((error) => {
    if (!(error instanceof NoAnswer)) throw error;
    console.log(`Payment: answer lost (${error.message}), asking for the status`);
  });
  await settle(bill, answer);
}

// == Check status after a lost answer

/**
 * Asks until there is an outcome. A lost answer is no failure. To pay under a new ref_id could pay
 * twice, and to give your customer the money back could give away a bill that is paid.
 */
async function settle({ tr_id, ref_id }, answer) {
  for (let asked = 0; asked < 60; asked++) {
    switch (answer?.response_code) {
      case "00":
        console.log(`Payment: paid, reference ${answer.noref}, deposit Rp ${answer.balance}`);
        return;
      case undefined: // Nobody knows,
      case "39": // it is in process,
      case "01": // or it was paid before: the status tells.
        await sleep(1000);
        answer = await send("checkstatus", "cs", { ref_id }).catch(nothing);
        break;
      case "42": // The payment never arrived. The same tr_id is paid once at most.
        answer = await sendPayment({ tr_id }).catch(nothing);
        break;
      default:
        throw new Refused(`Payment failed: ${answer.response_code} ${answer.message}`);
    }
  }
  throw new Refused(`Payment: no outcome yet; ask for the status of ${ref_id} later`);
}

function nothing(error) {
  if (!(error instanceof NoAnswer)) throw error;
}

// == Receipt

async function saveReceipt(tr_id) {
  // A receipt holds a person's data, so its request is signed, too.
  const query = new URLSearchParams({ username, sign: sign(`${tr_id}receipt`) });
  const pdf = await fetchBody(`download/${tr_id}?${query}`);
  if (!pdf.subarray(0, 4).equals(Buffer.from("%PDF"))) throw new Refused(`Receipt refused: ${pdf}`);
  await writeFile(`receipt-${tr_id}.pdf`, pdf);
  console.log(`Receipt: receipt-${tr_id}.pdf`);
}

// == All together

try {
  if (!apiKey) throw new Refused("set LUNAS_API_KEY to your API key");
  const bill = await inquire("BPJS", "8801234560001", { month: "2" });
  await pay(bill);
  await saveReceipt(bill.tr_id);

  // Half a second is too short on purpose: a server that takes its time loses this answer.
  await pay(await inquire("BPJS", "8801234560001", { month: "2" }), 500);
} catch (error) {
  if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
  console.error(error instanceof NoAnswer ? `No answer: ${error.message}` : error.message);
  process.exitCode = 1;
}
