import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateAuditKey } from '../../src/audit/audit-key.ts';
import {
  NoteVerifier,
  parseNote,
  parseVerifierKey,
  signNote,
  verifierKeyText,
} from '../../src/audit/signed-note.ts';

/** The example of Go's sumdb/note, key, text and signature: Ed25519 signs the same way twice. */
const KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PRIVATE = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NOTE = `${TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
/** PKCS#8's wrapping of a raw Ed25519 seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function published() {
  const key = parseVerifierKey(KEY);
  const note = parseNote(NOTE);
  if (key === undefined || note === undefined) throw new Error('the published example is read');
  return { key, note };
}

describe('a signed note', () => {
  it('verifies as published, and not with one letter changed', () => {
    const { key, note } = published();
    expect(verifierKeyText(key)).toBe(KEY);
    expect(new NoteVerifier(key).isSigned(note)).toBe(true);
    const changed = parseNote(NOTE.replace('cryptography', 'cryptographY'));
    expect(changed === undefined || new NoteVerifier(key).isSigned(changed)).toBe(false);
  });

  it('is signed byte for byte as published', () => {
    const { key } = published();
    const seed = Buffer.from(PRIVATE, 'base64').subarray(1);
    const der = Buffer.concat([PKCS8, seed]);
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    expect(signNote(TEXT, { ...key, privateKey })).toBe(NOTE);
  });

  it('takes no key whose text was changed anywhere', () => {
    for (let at = 0; at < KEY.length; at++) {
      const changed = `${KEY.slice(0, at)}${KEY[at] === 'x' ? 'y' : 'x'}${KEY.slice(at + 1)}`;
      expect(parseVerifierKey(changed), changed).toBeUndefined();
    }
    expect(parseVerifierKey('')).toBeUndefined();
  });

  it.each([
    ['no blank line', 'text\n— a AAAA\n'],
    ['no signature', 'text\n\n'],
    ['no last line feed', NOTE.slice(0, -1)],
    ['a line that is none', `${NOTE}— more\n`],
    ['a short signature', 'text\n\n— a AAAA\n'],
  ])('is none with %s', (_name, note) => {
    expect(parseNote(note)).toBeUndefined();
  });

  it('may carry several signatures, each found by its own key', () => {
    const signers = ['one', 'two'].map((name) => ({ name, ...generateAuditKey() }));
    const note = parseNote(signNote('text\n', ...signers));
    for (const signer of signers) {
      expect(note !== undefined && new NoteVerifier(signer).isSigned(note)).toBe(true);
    }
    const other = new NoteVerifier({ name: 'one', ...generateAuditKey() });
    expect(note !== undefined && other.isSigned(note)).toBe(false);
  });
});
