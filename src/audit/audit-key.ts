/**
 * The signing key of the sealed log: an Ed25519 key in a file of the home folder that its owner alone
 * can read, made at the first start. The key never leaves that file; what it signs carries the public
 * half. To change it is `deltaring audit rotate-key`.
 */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { Disk } from './disk.ts';
import { realDisk, withFile } from './disk.ts';
import { journalPaths } from './journal-paths.ts';
import { keyPath } from './log-layout.ts';

/** What helps a home whose key is not its log's. */
export const KEY_REMEDY =
  'put back your copy of audit.key, or, where it is lost, run `deltaring audit rotate-key --lost`';

export interface AuditKey {
  readonly privateKey: KeyObject;
  /** The raw 32 bytes. */
  readonly publicKey: Buffer;
}

/** SHA-256 of a raw public key, hex: how records name a key. */
export function keyFingerprint(publicKey: Buffer): string {
  return hash('sha256', publicKey, 'hex');
}

function auditKey(privateKey: KeyObject): AuditKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { privateKey, publicKey: Buffer.from(x, 'base64url') };
}

/** The key in a file. Throws AUDIT_SINK_FAILED when it holds none. */
export function readAuditKeyAt(disk: Disk, path: string): AuditKey {
  try {
    const key = createPrivateKey(disk.read(path));
    if (key.asymmetricKeyType === 'ed25519') return auditKey(key);
  } catch {
    // Told below: the parser's own words would quote the file.
  }
  throw new DeltaringError(
    'AUDIT_SINK_FAILED',
    `${path} holds no Ed25519 private key: put back your copy of it, or move it away and run ` +
      '`deltaring audit rotate-key --lost`',
  );
}

/** A fresh key, kept nowhere yet. */
export function generateAuditKey(): AuditKey {
  return auditKey(generateKeyPairSync('ed25519').privateKey);
}

/** Puts the key at `path` durably, readable by its owner only, in place of what stood there. */
export function writeAuditKey(disk: Disk, path: string, key: AuditKey): void {
  const draft = `${path}.new`;
  const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' });
  disk.makeFolder(dirname(path));
  disk.remove(draft);
  withFile(disk, disk.create(draft), (fd) => {
    disk.writeAt(fd, Buffer.from(pem), 0);
    disk.syncData(fd);
  });
  disk.rename(draft, path);
  disk.syncFolder(dirname(path));
}

/** The home's key, if there is one. Throws AUDIT_SINK_FAILED when the file holds none. */
export function readAuditKey(home: string, disk: Disk = realDisk): AuditKey | undefined {
  const path = journalPaths(home).key;
  return disk.exists(path) ? readAuditKeyAt(disk, path) : undefined;
}

/** The home's key, made now where neither home nor log has one yet: a stranger's key in the place of
 * the log's would be taken for it. Throws AUDIT_SINK_FAILED where the log has one and the home none. */
export function ensureAuditKey(home: string, disk: Disk = realDisk): AuditKey {
  const paths = journalPaths(home);
  if (!disk.exists(paths.key) && disk.exists(join(paths.log, keyPath(1)))) {
    throw new DeltaringError('AUDIT_SINK_FAILED', `${paths.key} is missing: ${KEY_REMEDY}`);
  }
  return adoptAuditKey(home, disk);
}

/** The home's key, made now where there is none, whatever the log says: for who states it there. */
export function adoptAuditKey(home: string, disk: Disk): AuditKey {
  const found = readAuditKey(home, disk);
  if (found !== undefined) return found;
  const key = generateAuditKey();
  writeAuditKey(disk, journalPaths(home).key, key);
  return key;
}
