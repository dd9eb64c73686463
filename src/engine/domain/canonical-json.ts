/**
 * Canonical JSON: one text for one value. Keys in code-unit order, no white space, fields that are
 * undefined left out, and a number that is not finite written as null (JSON has no word for it).
 * It holds no byte below 0x20, because JSON escapes them: a run of zero bytes is never a record.
 */

/** The canonical text of a plain value: objects, arrays, strings, numbers, booleans and null. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  if (Array.isArray(value)) return arrayText(value);
  if (isObject(value)) return objectText(value);
  return value === true ? 'true' : value === false ? 'false' : 'null';
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function arrayText(items: readonly unknown[]): string {
  let text = '';
  for (const item of items) text += text === '' ? canonicalJson(item) : `,${canonicalJson(item)}`;
  return `[${text}]`;
}

/** Keys as text with their colon. Records have the same few hundred keys again and again; the symbols
 * among them change from day to day, so that the memory has an end. */
const keyTexts = new Map<string, string>();
const MOST_KEY_TEXTS = 4_096;

function keyText(key: string): string {
  const known = keyTexts.get(key);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(key)}:`;
  if (keyTexts.size >= MOST_KEY_TEXTS) keyTexts.clear();
  keyTexts.set(key, text);
  return text;
}

/** In code-unit order, by insertion: records have a dozen keys, mostly in order, and the sort of a list
 * makes several lists. */
function sortedKeys(fields: Fields): readonly string[] {
  const keys = Object.keys(fields);
  for (let next = 1; next < keys.length; next += 1) {
    const key = keys[next] ?? '';
    let place = next;
    for (; place > 0 && (keys[place - 1] ?? '') > key; place -= 1) {
      keys[place] = keys[place - 1] ?? '';
    }
    keys[place] = key;
  }
  return keys;
}

function objectText(fields: Fields): string {
  let text = '';
  for (const key of sortedKeys(fields)) {
    const field = fields[key];
    if (field !== undefined) text += (text === '' ? '' : ',') + keyText(key) + canonicalJson(field);
  }
  return `{${text}}`;
}
