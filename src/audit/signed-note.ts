/**
 * Signed notes (C2SP signed-note, as in Go's sumdb): a text, a blank line, and a line a signature.
 * Ed25519 only. Pure.
 *
 *     <text, ends with a line feed>
 *
 *     — <key name> <base64 of: key id, 4 bytes; signature, 64 bytes>
 *
 * The key id is the beginning of SHA-256 over name, line feed, 0x01 and the public key. A public key
 * is written as `<name>+<key id, hex>+<base64 of: 0x01, public key>`.
 */
import type { KeyObject } from 'node:crypto';
import { createPublicKey, hash, sign, verify } from 'node:crypto';

/** A public key under the name it signs with. */
export interface NoteKey {
  readonly name: string;
  /** The raw 32 bytes. */
  readonly publicKey: Buffer;
}

const ED25519 = 1;
const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_NAME = /^[^\s+]+$/;
const SIGNATURE_LINE = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/;

function keyId({ name, publicKey }: NoteKey): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), publicKey]);
  return hash('sha256', bytes, 'buffer').subarray(0, KEY_ID_BYTES);
}

/** The key as one word, to be given to whoever is to verify. */
export function verifierKeyText(key: NoteKey): string {
  const typed = Buffer.concat([Buffer.from([ED25519]), key.publicKey]);
  return `${key.name}+${keyId(key).toString('hex')}+${typed.toString('base64')}`;
}

/** Reads what `verifierKeyText` wrote; undefined for anything else. */
export function parseVerifierKey(text: string): NoteKey | undefined {
  const [name = '', , ...rest] = text.split('+');
  const typed = Buffer.from(rest.join('+'), 'base64');
  if (!KEY_NAME.test(name) || typed.length !== PUBLIC_KEY_BYTES + 1 || typed[0] !== ED25519) {
    return undefined;
  }
  const key = { name, publicKey: typed.subarray(1) };
  return verifierKeyText(key) === text ? key : undefined;
}

/** The public key object that verifies a key's signatures. */
export function publicKeyObject({ publicKey }: NoteKey): KeyObject {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** One who can sign. */
export interface NoteSigner extends NoteKey {
  readonly privateKey: KeyObject;
}

/** A note over `text`, which must end with a line feed, signed by each signer. */
export function signNote(text: string, ...signers: readonly NoteSigner[]): string {
  const lines = signers.map((signer) => {
    const signature = sign(null, Buffer.from(text, 'utf8'), signer.privateKey);
    return `— ${signer.name} ${Buffer.concat([keyId(signer), signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

/** A note's parts, nothing verified. */
export interface ParsedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

function parseSignature(line: string): NoteSignature | undefined {
  const [, name, base64] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== KEY_ID_BYTES + SIGNATURE_BYTES) return undefined;
  if (bytes.toString('base64') !== base64) return undefined;
  const signature = bytes.subarray(KEY_ID_BYTES);
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature };
}

/** Takes a note apart; undefined when it is none. */
export function parseNote(note: string): ParsedNote | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const lines = note.slice(end + 2, -1).split('\n');
  const signatures = lines.map(parseSignature).filter((each) => each !== undefined);
  if (signatures.length !== lines.length) return undefined;
  return { text: note.slice(0, end + 1), signatures };
}

/** Verifies notes of one key. */
export class NoteVerifier {
  readonly key: NoteKey;
  readonly #id: Buffer;
  readonly #object: KeyObject;

  constructor(key: NoteKey) {
    this.key = key;
    this.#id = keyId(key);
    this.#object = publicKeyObject(key);
  }

  /** True when the note carries a good signature of this key. */
  isSigned({ text, signatures }: ParsedNote): boolean {
    const bytes = Buffer.from(text, 'utf8');
    return signatures.some(
      (each) =>
        each.name === this.key.name &&
        each.keyId.equals(this.#id) &&
        verify(null, bytes, this.#object, each.signature),
    );
  }
}
