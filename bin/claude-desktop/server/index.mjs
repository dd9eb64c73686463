/**
 * What the bundle for Claude Desktop runs: a pipe to `deltaring mcp` of the folder that was chosen,
 * started with the Node that its packages carry. The host's own Node runs this file alone: it may be
 * an Electron of any version, without `node` on its path. No packages, nothing native, no state.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * A setting of the bundle. Hosts may hand over a field that was left empty as its placeholder.
 * @param {string} name
 * @returns {string | undefined}
 */
function setting(name) {
  const value = process.env[name]?.trim() ?? '';
  return value === '' || value.startsWith('${') ? undefined : value;
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`deltaring bundle: ${message}\n`);
  process.exitCode = 2;
}

/**
 * The Node that the folder's packages carry.
 * @param {string} folder
 * @returns {Promise<string | undefined>}
 */
async function carriedNode(folder) {
  const module = join(folder, 'bin', 'setup', 'pinned-node.mjs');
  if (!existsSync(module)) return undefined;
  const { carriedNodePath } = await import(pathToFileURL(module).href);
  const node = carriedNodePath(folder);
  return node !== undefined && existsSync(node) ? node : undefined;
}

/**
 * @param {string} node
 * @param {string} folder
 */
function pipeTo(node, folder) {
  const rights = setting('DELTARING_RIGHTS');
  const asked = rights === undefined ? [] : ['--authority', rights];
  const launcher = join(folder, 'bin', 'deltaring.mjs');
  const { DELTARING_FOLDER: _folder, DELTARING_RIGHTS: _rights, ...env } = process.env;
  const child = spawn(node, [launcher, 'mcp', ...asked], { stdio: 'pipe', env });
  process.stdin.pipe(child.stdin);
  child.stdout.pipe(process.stdout);
  child.stderr.pipe(process.stderr);
  child.stdin.on('error', () => undefined);
  child.once('error', (error) => fail(`could not start ${node}: ${error.message}`));
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
    process.stdin.destroy();
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill());
}

const folder = setting('DELTARING_FOLDER');
if (folder === undefined) fail('choose the folder of deltaring in the settings of this extension');
else {
  const node = await carriedNode(folder);
  if (node === undefined) fail(`run \`npm start\` in ${folder} once, then start this again`);
  else pipeTo(node, folder);
}
