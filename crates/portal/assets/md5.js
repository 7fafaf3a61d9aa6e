// The md5 of a text in UTF-8, as 32 lower-case hex digits (RFC 1321).

const SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

// Which word of the block each round takes, and how it mixes the three words b, c and d.
const ROUNDS = [
  { word: (i) => i, mix: (b, c, d) => (b & c) | (~b & d) },
  { word: (i) => (5 * i + 1) % 16, mix: (b, c, d) => (d & b) | (~d & c) },
  { word: (i) => (3 * i + 5) % 16, mix: (b, c, d) => b ^ c ^ d },
  { word: (i) => (7 * i) % 16, mix: (b, c, d) => c ^ (b | ~d) },
];

export function md5(text) {
  const blocks = padded(new TextEncoder().encode(text));
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let start = 0; start < blocks.byteLength; start += 64) {
    const block = Array.from({ length: 16 }, (_, i) => blocks.getUint32(start + 4 * i, true));
    state = mixed(state, block).map((word, i) => (word + state[i]) | 0);
  }
  const out = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => out.setUint32(4 * i, word, true));
  const bytes = new Uint8Array(out.buffer);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function mixed([a, b, c, d], block) {
  for (let i = 0; i < 64; i += 1) {
    const round = i >> 4;
    const { word, mix } = ROUNDS[round];
    const sum = (a + mix(b, c, d) + SINES[i] + block[word(i)]) | 0;
    const shift = SHIFTS[round][i % 4];
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  return [a, b, c, d];
}

// The bytes, a one bit, zeros, and the length in bits, in whole blocks of 64 bytes.
function padded(bytes) {
  const blocks = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  blocks.set(bytes);
  blocks[bytes.length] = 0x80;
  const view = new DataView(blocks.buffer);
  view.setUint32(blocks.length - 8, bytes.length * 8, true);
  view.setUint32(blocks.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  return view;
}
