/**
 * Which keys sign a log: one note for each, in the log's own folder. The first is signed by itself,
 * every later one by the key before it and by itself; where a key was lost its successor stands
 * alone and says so. Pure.
 *
 *     deltaring/<journal id>
 *     audit key 2
 *     <the key, as verifiers write it>
 *     from checkpoint 57
 *     replaces signed <fingerprint of the key before>      or: replaces lost …, replaces none
 *     time 1795188600000000
 */
import { keyFingerprint } from './audit-key.ts';
import type { NoteKey } from './signed-note.ts';
import { NoteVerifier, parseNote, parseVerifierKey, verifierKeyText } from './signed-note.ts';

export interface KeyStatement {
  readonly number: number;
  readonly key: NoteKey;
  /** Number of the first checkpoint that it signs. */
  readonly fromCheckpoint: number;
  readonly replaces: 'none' | 'signed' | 'lost';
  /** Fingerprint of the key before; '' for the first. */
  readonly previous: string;
  readonly systemMicros: number;
}

const STATEMENT =
  /^([^\n]+)\naudit key ([1-9]\d*)\n([^\n]+)\nfrom checkpoint ([1-9]\d*)\nreplaces (none|signed|lost)(?: ([0-9a-f]{64}))?\ntime (\d+)\n$/;

/** The text of a statement; its origin is the name of its key. */
export function statementText(statement: KeyStatement): string {
  const { number, key, fromCheckpoint, replaces, previous, systemMicros } = statement;
  return [
    key.name,
    `audit key ${number}`,
    verifierKeyText(key),
    `from checkpoint ${fromCheckpoint}`,
    `replaces ${replaces}${previous === '' ? '' : ` ${previous}`}`,
    `time ${systemMicros}`,
    '',
  ].join('\n');
}

/** Reads what `statementText` wrote; undefined for any other text. */
export function parseStatement(text: string): KeyStatement | undefined {
  const [, , number, keyText = '', from, replaces, previous = '', time] =
    STATEMENT.exec(text) ?? [];
  const key = parseVerifierKey(keyText);
  if (key === undefined) return undefined;
  if (replaces !== 'none' && replaces !== 'signed' && replaces !== 'lost') return undefined;
  const statement: KeyStatement = {
    number: Number(number),
    key,
    fromCheckpoint: Number(from),
    replaces,
    previous,
    systemMicros: Number(time),
  };
  return statementText(statement) === text ? statement : undefined;
}

/** A key of the log as read back. */
export interface RingKey {
  readonly statement: KeyStatement;
  readonly verifier: NoteVerifier;
}

/** The keys of a log, in order, up to the first fault. */
export interface KeyRing {
  readonly keys: readonly RingKey[];
  readonly fault: string | undefined;
}

/** Reads the statements of one log, in order: of that with this origin, or of whichever the first is of. Each
 * must be signed as it claims to be. */
export function readKeyRing(notes: readonly string[], origin: string | undefined): KeyRing {
  const keys: RingKey[] = [];
  for (const note of notes) {
    const read = readStatement(note, origin, keys.at(-1), keys.length + 1);
    if (typeof read === 'string') return { keys, fault: `key ${keys.length + 1}: ${read}` };
    keys.push(read);
  }
  return { keys, fault: keys.length === 0 ? 'the log names no key' : undefined };
}

function readStatement(
  note: string,
  origin: string | undefined,
  before: RingKey | undefined,
  number: number,
): RingKey | string {
  const parsed = parseNote(note);
  const statement = parsed === undefined ? undefined : parseStatement(parsed.text);
  if (parsed === undefined || statement === undefined) return 'it is no statement of a key';
  const verifier = new NoteVerifier(statement.key);
  const log = origin ?? before?.statement.key.name ?? statement.key.name;
  if (statement.key.name !== log) return 'it is of another log';
  if (statement.number !== number) return `it is numbered ${statement.number}`;
  if (!verifier.isSigned(parsed)) return 'it is not signed by the key itself';
  if (before === undefined) {
    return statement.replaces === 'none' ? { statement, verifier } : 'the key before it is missing';
  }
  if (statement.previous !== keyFingerprint(before.statement.key.publicKey)) {
    return 'it replaces another key than the one before it';
  }
  if (statement.fromCheckpoint < before.statement.fromCheckpoint) return 'it begins too early';
  if (statement.replaces === 'none') return 'it replaces no key';
  if (statement.replaces === 'signed' && !before.verifier.isSigned(parsed)) {
    return 'it is not signed by the key before it';
  }
  return { statement, verifier };
}

/** The key that must have signed a checkpoint. */
export function keyForCheckpoint(keys: readonly RingKey[], number: number): RingKey | undefined {
  return keys.findLast(({ statement }) => statement.fromCheckpoint <= number);
}
