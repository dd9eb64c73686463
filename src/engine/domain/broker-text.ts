/**
 * Text that came from a broker, made fit to be shown to a model or a person: one line, short, without
 * characters that change how a line is read and without marks that could pass for an instruction or a
 * turn of a conversation. What is shown to anyone goes through here; the journal keeps what came.
 */

const LONGEST_TEXT = 200;
const LONGEST_NAME = 60;

/** Marks in the order they are taken out, each with what stays. */
const MARKUP: readonly (readonly [RegExp, string])[] = [
  // Controls, bidirectional overrides, zero-width and private characters, lone surrogates.
  [/\p{C}|\p{Zl}|\p{Zp}/gu, ' '],
  // Tags of markup and of chat templates.
  [/<[^<>]{0,200}>|<\|?|\|?>/g, ' '],
  [/\[\/?[A-Z_ ]{2,20}\]/g, ' '],
  // Addresses, and links around words.
  [/\b[a-z][a-z0-9+.-]{1,20}:\/\/\S+/gi, '(link)'],
  [/!?\[([^\][]{0,200})\]\([^()]{0,200}\)/g, '$1'],
  // Code, headings, emphasis, templates, quotation marks that could end our own.
  [/[`*#_~{}|\\"“”«»]+/g, ' '],
  // A speaker at the beginning of a turn.
  [/\b(system|assistant|user|human|developer|tool)\s*:/gi, '$1,'],
  [/\s+/g, ' '],
];

function cleaned(text: string, longest: number): string {
  let left = text.slice(0, 4 * longest).normalize('NFKC');
  for (const [mark, stays] of MARKUP) left = left.replace(mark, stays);
  left = left.trim();
  return left.length <= longest ? left : `${left.slice(0, longest)}…`;
}

/** A sentence of a broker, labelled as one: `broker text: "insufficient buying power"`. */
export function brokerText(text: string): string {
  return `broker text: "${cleaned(text, LONGEST_TEXT)}"`;
}

/** What may hold words of a broker among our own: as fit to be shown, and not labelled. */
export function mixedText(text: string): string {
  return cleaned(text, LONGEST_TEXT);
}

/** A name that a broker gave something (a list, a kind of account): too short to say anything else. */
export function brokerName(text: string): string {
  return cleaned(text, LONGEST_NAME);
}

/** A symbol or id, spaces and all: what is no part of one is dropped. */
export function brokerId(text: string): string {
  return text.replace(/[^\w .:/^-]/g, '').slice(0, LONGEST_NAME);
}
