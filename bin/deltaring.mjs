#!/usr/bin/env node
/**
 * The one way in, for people, npm scripts and MCP hosts alike. Any Node from 18 up can run it: it
 * makes sure that the packages of package-lock.json and the Node they carry are in place, then
 * hands over to that Node with stdin, stdout and stderr untouched. Until then it writes to stderr
 * alone, because `deltaring mcp` speaks a protocol on stdout.
 *
 *   deltaring COMMAND …      runs src/main.ts COMMAND …
 *   deltaring --exec NAME …  runs a tool of the project's packages, or `node`, the same way
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureSetUp } from './setup/ensure-set-up.mjs';
import { explain, SetupFault } from './setup/messages.mjs';
import { chooseNode } from './setup/pinned-node.mjs';
import { runToEnd } from './setup/run-to-end.mjs';
import { toolScript } from './setup/tool-script.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string[]} args */
async function main(args) {
  const [first, name, ...rest] = args;
  const isTool = first === '--exec';
  if (isTool && name === undefined)
    throw new SetupFault('--exec needs the name of a tool: vitest, tsc, node …');
  await ensureSetUp({ root, withTools: isTool });
  const node = chooseNode(root);
  if (!isTool) return runToEnd(node, [join(root, 'src', 'main.ts'), ...args], root);
  const script = name === 'node' ? [] : [toolScript(root, String(name))];
  return runToEnd(node, [...script, ...rest], root);
}

main(process.argv.slice(2)).catch((fault) => {
  explain(fault);
  process.exitCode = 1;
});
