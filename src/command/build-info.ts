/** What this build is: version, source and runtime, as it stands in every start record. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const packageShape = z.object({ version: z.string() });
const HASH_CHARACTERS = 12;

function readPackage(): { readonly version: string; readonly lock: string } {
  const root = new URL('../../', import.meta.url);
  const text = readFileSync(new URL('package.json', root), 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
  return { version: packageShape.parse(JSON.parse(text)).version, lock: hash };
}

const { version, lock } = readPackage();

/** Version of the package. */
export const VERSION = version;

/** Version, hash of the package file (which pins every dependency), and runtime. */
export const BUILD = `${version}+${lock} node${process.versions.node} ${process.arch}`;
