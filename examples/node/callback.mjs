// Hears from lunas how payments ended that were left open, with what Node.js 18 and later bring.
//
//     LUNAS_API_KEY=rahasia123 node callback.mjs

// == Callback

import { createHash, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const {
  LUNAS_CALLBACK_PORT: port = "8090",
  LUNAS_USERNAME: username = "081234567890",
  LUNAS_API_KEY: apiKey,
} = process.env;
const LONGEST = 64 * 1024;

if (!apiKey) {
  console.error("set LUNAS_API_KEY to your API key");
  process.exit(1);
}

// In an application this is your table of payments, with tr_id as its key.
const heard = new Set();

function isSigned({ ref_id, sign }) {
  const expected = createHash("md5").update(`${username}${apiKey}${ref_id}`).digest("hex");
  const given = String(sign);
  // Compared in constant time: how long it takes tells nothing about the right signature.
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

/** It is news and no proof: who moves money by it asks for the status first. */
function take({ tr_id, response_code, message, noref }) {
  if (heard.has(tr_id)) return "again, nothing to do"; // The same news may come twice.
  heard.add(tr_id);
  return response_code === "00" ? `paid, reference ${noref}` : `failed: ${response_code} ${message}`;
}

async function receive(request) {
  if (request.method !== "POST" || request.url !== "/callback") return 404;
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > LONGEST) return 413;
    pieces.push(piece);
  }
  try {
    const { data } = JSON.parse(Buffer.concat(pieces));
    if (!isSigned(data)) return 403;
    console.log(`Callback: ${data.ref_id} ${take(data)}`);
  } catch {
    return 400;
  }
  // Whatever takes long comes after the answer: lunas waits for ten seconds.
  return 200;
}

const server = createServer((request, response) => {
  receive(request)
    .catch(() => 400)
    .then((status) => response.writeHead(status, { "Content-Length": 0 }).end());
});
server.requestTimeout = 10_000;
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${port}/callback`);
});
