import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { SetupFault } from './messages.mjs';

/**
 * Runs a script under the given Node on this process's own stdin, stdout and stderr, passes
 * signals on, and ends as the script ends: with its exit code, or by the signal that killed it.
 * @param {string} node
 * @param {string[]} args
 * @param {string} root
 * @returns {Promise<void>}
 */
export function runToEnd(node, args, root) {
  const child = spawn(node, args, { stdio: 'inherit', env: environment(node, root) });
  const stopForwarding = forwardSignals(child);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new SetupFault(
          `could not start ${node} (${error.message}): delete node_modules and start again`,
        ),
      );
    });
    child.once('exit', (code, signal) => {
      stopForwarding();
      process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
      if (signal !== null) process.kill(process.pid, signal);
      resolve();
    });
  });
}

/**
 * The chosen Node comes first on PATH, so that every `node` below means the same one. It keeps what
 * it compiles beside the packages: without it each start strips and compiles the whole program anew,
 * on every thread, which is half of the time until the engine answers.
 * @param {string} node
 * @param {string} root
 */
function environment(node, root) {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env[pathName] ?? ''];
  return {
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'),
    ...process.env,
    [pathName]: path.join(delimiter),
  };
}

/**
 * At a terminal, Ctrl-C reaches the child by itself, as it is in the same process group; sent on it
 * would arrive twice, and twice means "at once" to many programs. A hang-up reaches the leader of the
 * session alone, which may be this process: heard twice, where a shell tells the group, it ends a
 * program no sooner.
 * @param {import('node:child_process').ChildProcess} child
 */
function forwardSignals(child) {
  const atTerminal = isatty(0) || isatty(1) || isatty(2);
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (signal !== 'SIGINT' || !atTerminal) child.kill(signal);
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.removeListener(signal, forward);
  };
}
