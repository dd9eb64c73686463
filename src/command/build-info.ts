/** What this build is: version, source and runtime, as it stands in every start record. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What beside `src` decides which program runs: the direct packages, and all that those bring. An installation
 * from a registry has no lockfile. */
const PINS = ['package.json', 'package-lock.json'] as const;
const HASH_CHARACTERS = 12;
/** Most files fit: those that do are one read. */
const READ_BYTES = 256 * 1_024;

const packageShape = z.object({ version: z.string() });

function versionOf(root: string): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return packageShape.parse(JSON.parse(text)).version;
}

/** Version of the package. */
export const VERSION = versionOf(ROOT);

function sourceFiles(root: string): readonly string[] {
  const entries = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(root.length));
}

/** Each file with its name and length, so that no two trees read alike. */
function addFile(hash: Hash, path: string, name: string, room: Buffer): void {
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (let read = room.length; read === room.length; ) {
      read = readSync(file, room, 0, room.length, null);
      hash.update(room.subarray(0, read));
      length += read;
    }
    hash.update(`\0${name} ${length}\0`);
  } finally {
    closeSync(file);
  }
}

/** Version, hash of every byte of the source and of the pins of its packages, and runtime, of the program in a
 * folder. */
export function buildOf(root: string): string {
  const hash = createHash('sha256');
  const room = Buffer.allocUnsafe(READ_BYTES);
  const folder = join(root, sep);
  const pins = PINS.filter((name) => existsSync(join(folder, name)));
  const names = [...pins, ...sourceFiles(folder)].toSorted();
  for (const name of names) addFile(hash, join(folder, name), name.replaceAll(sep, '/'), room);
  const source = hash.digest('hex').slice(0, HASH_CHARACTERS);
  return `${versionOf(root)}+${source} node${process.versions.node} ${process.arch}`;
}

let known: string | undefined;

/** The build that runs. Reading it takes some 25 ms, so only who is asked for it does, and once. */
export function thisBuild(): string {
  known ??= buildOf(ROOT);
  return known;
}
