/** Lists of a broker are asked for every few seconds, and nearly all of them say again what they said. */

/** Texts whose reading is remembered. */
const MOST_TEXTS = 8;

/** The same reading, which must be pure, of the texts that were read last without doing it again. */
export function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const isKnown = known.has(text);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has one, which may be undefined
    const reading = isKnown ? (known.get(text) as T) : read(text);
    known.delete(text);
    known.set(text, reading);
    if (known.size > MOST_TEXTS) known.delete(known.keys().next().value ?? '');
    return reading;
  };
}
