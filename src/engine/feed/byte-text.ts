/** Fixed pieces of protocol text as bytes. */

/** The bytes of an ASCII text. */
export function asciiBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** True where `text` stands in `bytes` at `at`; false also where it would run past their end. */
export function standsAt(text: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text[i]) return false;
  return true;
}
