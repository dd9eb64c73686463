import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * The absolute path of a file or folder of market data kept beside the project
 * (`../shared/data/<relativePath>`), or undefined where that data is absent. A test that needs it
 * skips by name then: `describe.skipIf(sharedData('x') === undefined)`.
 */
export function sharedData(relativePath: string): string | undefined {
  const path = join(projectRoot, '..', 'shared', 'data', relativePath);
  return existsSync(path) ? path : undefined;
}
