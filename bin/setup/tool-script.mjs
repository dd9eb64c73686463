import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFault } from './messages.mjs';

/**
 * The script behind a tool's name, found in the packages that package.json names. The links in
 * node_modules/.bin are passed by: on Windows they are shell files that would pick another Node.
 * @param {string} root
 * @param {string} name
 * @returns {string}
 */
export function toolScript(root, name) {
  const project = readManifest(root);
  for (const packageName of Object.keys({ ...project.devDependencies, ...project.dependencies })) {
    const folder = join(root, 'node_modules', packageName);
    const file = binOf(readManifest(folder), name);
    if (file !== undefined) return join(folder, file);
  }
  throw new SetupFault(`no package of this project has a tool named ${name}`);
}

/**
 * @param {{ name?: string, bin?: string | Record<string, string> }} manifest
 * @param {string} name
 * @returns {string | undefined}
 */
function binOf({ name: packageName, bin }, name) {
  if (typeof bin !== 'string') return bin?.[name];
  return packageName?.split('/').pop() === name ? bin : undefined;
}

/** @param {string} folder */
function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
