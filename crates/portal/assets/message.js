// Requests and answers of the API as objects, in JSON and in XML.

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

// The fields of a request; throws where the text cannot be read.
export function read(text, format) {
  const fields = format === "json" ? JSON.parse(text) : elements(inside(text));
  if (fields === null || typeof fields !== "object" || Array.isArray(fields)) {
    throw new SyntaxError(format === "json" ? "{ … }" : "<mp> … </mp>");
  }
  return fields;
}

export function write(fields, format) {
  if (format === "json") return `${JSON.stringify(fields, null, 2)}\n`;
  return `<?xml version="1.0"?>\n<mp>\n${written(fields, "  ")}</mp>\n`;
}

// The text with another `sign`, and nothing else in it changed.
export function withSign(text, format, sign) {
  return format === "json"
    ? text.replace(/("sign"\s*:\s*)"[^"]*"/, (_, before) => `${before}"${sign}"`)
    : text.replace(/<sign>[^<]*<\/sign>|<sign\/>/, () => `<sign>${sign}</sign>`);
}

// What a request's signature covers after the username and the API key.
export function suffix(fields) {
  switch (fields.commands) {
    case "inq-pasca": return String(fields.ref_id ?? "");
    case "pay-pasca": return String(fields.tr_id ?? "");
    case "checkstatus": return "cs";
    case "pricelist-pasca": return "pl";
    default: return "";
  }
}

// The fields of an answer, which JSON holds in `data`; none where it is no such document.
export function readAnswer(text, format) {
  try {
    const fields = read(text, format);
    return format === "json" ? fields.data ?? {} : fields;
  } catch {
    return {};
  }
}

// An answer to look at: JSON with its lines, XML with one element a line.
export function shown(text, format) {
  if (format === "xml") return write(readAnswer(text, format), format);
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function inside(text) {
  const root = /^\s*(?:<\?xml[^>]*\?>)?\s*<mp>([\s\S]*)<\/mp>\s*$/.exec(text);
  if (!root) throw new SyntaxError("<mp> … </mp>");
  return root[1];
}

function elements(text) {
  const fields = {};
  const rest = text.replace(/<(\w+)\/>|<(\w+)>([\s\S]*?)<\/\2>/g, (_, empty, name, content) => {
    const value = empty ? "" : /<\w/.test(content) ? elements(content) : unescaped(content);
    add(fields, empty ?? name, value);
    return "";
  });
  if (rest.trim() !== "") throw new SyntaxError(rest.trim().slice(0, 40));
  return fields;
}

// An element that is there twice is a list.
function add(fields, name, value) {
  if (!Object.hasOwn(fields, name)) fields[name] = value;
  else if (Array.isArray(fields[name])) fields[name].push(value);
  else fields[name] = [fields[name], value];
}

function written(fields, indent) {
  return Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => (
    one !== null && typeof one === "object"
      ? `${indent}<${name}>\n${written(one, `${indent}  `)}${indent}</${name}>\n`
      : `${indent}<${name}>${escaped(String(one))}</${name}>\n`
  ))).join("");
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

function unescaped(text) {
  return Object.entries(ENTITIES).reduceRight(
    (plain, [character, entity]) => plain.replaceAll(entity, character), text);
}
