import { spawn } from 'node:child_process';
import { findNpm } from './find-npm.mjs';
import { SetupFault, say } from './messages.mjs';

const PROGRESS_EVERY_SECONDS = 5;

/** Enough of npm's complaint to name the cause; the rest of it is dropped. */
const KEPT_OUTPUT_CHARS = 64 * 1024;

/** What npm is asked for. A person's own npm settings must not leave packages out or stop it. */
const CLEAN_INSTALL = [
  'ci',
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--engine-strict=false',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--fetch-retry-mintimeout=2000',
  '--fetch-retry-maxtimeout=10000',
];

/** Causes by what npm prints, each with what to do next. The first that fits is told. */
const CAUSES = [
  {
    mark: /ENOSPC/,
    advice: 'the disk is full: free about 600 MB and start again',
  },
  {
    mark: /EUSAGE|in sync|ELOCKVERIFY/,
    advice:
      'package.json and package-lock.json do not agree: restore both from git, or run "npm install" to renew the lockfile, and start again',
  },
  {
    mark: /EINTEGRITY/,
    advice:
      'a package is not the one that package-lock.json pins: run "npm cache clean --force" and start again; if it stays, check the npm registry in use',
  },
  {
    mark: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT/,
    advice:
      'the npm registry cannot be reached: check the network, the proxy and "npm config get registry", and start again',
  },
  {
    mark: /E40[134]\b/,
    advice:
      'the npm registry refused a package: check "npm config get registry" and its credentials, and start again',
  },
  {
    mark: /EACCES|EPERM|EROFS/,
    advice:
      'node_modules cannot be written: make the project folder writable for this user and start again',
  },
];

/**
 * Runs `npm ci` in the project and waits for its end, with a line of progress on stderr every few
 * seconds. `onStart` hears npm's process id. Throws a SetupFault that names the cause.
 * @param {string} root
 * @param {(pid: number) => void} onStart
 */
export async function install(root, onStart) {
  const startMillis = Date.now();
  const seconds = () => Math.round((Date.now() - startMillis) / 1000);
  say('setting up: bringing Node and the packages of package-lock.json (once, a minute or two)');
  const ticker = setInterval(
    () => say(`setting up, ${seconds()} s so far`),
    PROGRESS_EVERY_SECONDS * 1000,
  );
  try {
    await cleanInstall(root, onStart);
  } finally {
    clearInterval(ticker);
  }
  say(`set up in ${seconds()} s`);
}

/**
 * @param {string} root
 * @param {(pid: number) => void} onStart
 * @returns {Promise<void>}
 */
function cleanInstall(root, onStart) {
  const { command, args } = findNpm();
  const npm = spawn(command, [...args, ...CLEAN_INSTALL], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (npm.pid !== undefined) onStart(npm.pid);
  const stopWatching = stopWithUs(npm);
  let output = '';
  /** @param {Buffer} chunk */
  const keep = (chunk) => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARS);
  };
  npm.stdout.on('data', keep);
  npm.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    npm.once('error', (error) =>
      reject(
        new SetupFault(
          `npm could not be started (${error.message}): install Node with npm (https://nodejs.org) and start again`,
        ),
      ),
    );
    npm.once('close', (code) => {
      const toldToStop = stopWatching();
      if (code === 0) return resolve();
      const why =
        toldToStop === undefined
          ? cause(output, code)
          : `stopped by ${toldToStop}; start again to finish it`;
      reject(new SetupFault(`the set-up failed: ${why}`));
    });
  });
}

/**
 * A set-up that is told to stop takes npm with it; the lock is let go on the way
 * out. Answers a function that ends the watch and tells which signal came, if any.
 * @param {import('node:child_process').ChildProcess} npm
 */
function stopWithUs(npm) {
  /** @type {NodeJS.Signals | undefined} */
  let toldToStop;
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    toldToStop = signal;
    npm.kill('SIGTERM');
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.removeListener(signal, stop);
    return toldToStop;
  };
}

/**
 * @param {string} output
 * @param {number | null} code
 */
function cause(output, code) {
  const known = CAUSES.find(({ mark }) => mark.test(output));
  if (known !== undefined) return known.advice;
  const complaint = output.split('\n').find((line) => /^npm error (?!code\b)\S/.test(line));
  const said = complaint === undefined ? '' : ` (${complaint.trim()})`;
  return `npm ended with ${code === null ? 'a signal' : `code ${code}`}${said}; run "npm ci --ignore-scripts" to see all of it`;
}
