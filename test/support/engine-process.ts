import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { accountLockPath } from '../../src/audit/account-lock.ts';
import { paperAccountId, socketPath } from '../../src/command/engine-paths.ts';

/** Long enough for a machine that does ten other things; nothing waits for it on the good road. */
const DEADLINE_MILLIS = 45_000;
const POLL_MILLIS = 100;
/** A start is asked this often: some thirty of them are waited for one after the other. */
const READY_POLL_MILLIS = 20;
const ANY_PORT = '0';
/** What a file of these tests asks of the runner: `vi.setConfig(PATIENCE)`. */
export const PATIENCE = { testTimeout: 2 * DEADLINE_MILLIS, hookTimeout: 2 * DEADLINE_MILLIS };
/** What a child keeps of this process's environment: no setting of the engine among it. */
const KEPT = [
  'NODE_COMPILE_CACHE',
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'SystemRoot',
  'LOCALAPPDATA',
  'NODE_COMPILE_CACHE',
];
const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The two ways into the program: for people and hosts, and for the engine's own children. */
export const LAUNCHER = join(projectRoot, 'bin', 'deltaring.mjs');
const MAIN = join(projectRoot, 'src', 'main.ts');

export type Settings = Readonly<Record<string, string>>;

/** The environment of an engine that disturbs nobody: its own home, any free port. */
export function settingsFor(home: string, more: Settings = {}): Record<string, string> {
  const kept = KEPT.flatMap((name): [string, string][] => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(kept),
    DELTARING_HOME: home,
    PORT: ANY_PORT,
    RATE_LIMIT_REQUESTS_PER_MINUTE: '100000',
    ...more,
  };
}

/** A new home folder under the temporary folder. `removeHome` takes it away again. */
export function createHome(): string {
  return mkdtempSync(join(tmpdir(), 'deltaring-e2e-'));
}

/** Takes away the home with everything that an engine of it left outside of it. */
export function removeHome(home: string): void {
  const accountId = paperAccountId(home);
  const lock = accountLockPath({ broker: 'paper', environment: 'paper', accountId });
  for (const path of [home, lock, `${lock}.json`, `${lock}-journal`, socketPath(home)]) {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Asks again and again until there is an answer. Throws what `what` says after a long time. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  everyMillis = POLL_MILLIS,
): Promise<T> {
  const until = performance.now() + DEADLINE_MILLIS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > until) throw new Error(`this never happened: ${what}`);
    await sleep(everyMillis);
  }
}

/** How a command ended and what it said. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child of this process, killed at the latest when this process ends. */
class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = '';
  stderr = '';
  isOver = false;

  constructor(command: string, args: readonly string[], env: Settings) {
    const cwd = env['DELTARING_HOME'] ?? tmpdir();
    this.process = spawn(command, [...args], { env: { ...env }, cwd, stdio: 'pipe' });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    const onExit = () => this.process.kill('SIGKILL');
    process.once('exit', onExit);
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('close', (code) => {
        this.isOver = true;
        process.off('exit', onExit);
        resolve(code);
      });
    });
  }
}

/** Runs a command of the program to its end, which after a long time is `null`. `shell` puts words of `sh` before it. */
export async function runDeltaring(
  args: readonly string[],
  env: Settings,
  shell?: string,
): Promise<Finished> {
  const words = [process.execPath, MAIN, ...args];
  const child =
    shell === undefined
      ? new Child(words[0] ?? '', words.slice(1), env)
      : new Child('/bin/sh', ['-c', `${shell}; exec "$0" "$@"`, ...words], env);
  child.process.stdin?.end();
  const tooLong = setTimeout(() => child.process.kill('SIGKILL'), DEADLINE_MILLIS);
  const code = await child.ended;
  clearTimeout(tooLong);
  return { code, stdout: child.stdout, stderr: child.stderr };
}

export interface EngineOptions {
  /** An existing home; a new one where left out. */
  readonly home?: string;
  readonly settings?: Settings;
  /** Words of `sh` put before the engine, as `ulimit -f 100`. */
  readonly shell?: string;
}

/** A real engine in a process of its own: `deltaring serve`. */
export class EngineProcess {
  readonly home: string;
  readonly settings: Settings;
  readonly #child: Child;

  /** Starts an engine and resolves when /health says that it is ready. */
  static async start(options: EngineOptions = {}): Promise<EngineProcess> {
    const engine = new EngineProcess(options);
    try {
      await engine.#becomeReady();
      return engine;
    } catch (error) {
      await engine.kill();
      throw error;
    }
  }

  private constructor({ home = createHome(), settings = {}, shell }: EngineOptions) {
    this.home = home;
    this.settings = settingsFor(home, settings);
    const words = [process.execPath, MAIN, 'serve'];
    this.#child =
      shell === undefined
        ? new Child(words[0] ?? '', words.slice(1), this.settings)
        : new Child('/bin/sh', ['-c', `${shell}; exec "$0" "$@"`, ...words], this.settings);
  }

  /** Everything it said so far. */
  get log(): string {
    return this.#child.stderr;
  }

  get isOver(): boolean {
    return this.#child.isOver;
  }

  /** `http://127.0.0.1:PORT`: the port that it was given, or as the engine says it itself. */
  get url(): string {
    const given = this.settings['PORT'];
    if (given !== ANY_PORT) return `http://127.0.0.1:${given}`;
    const [, url] = /health +(http:\/\/\S+)\/health/.exec(this.log) ?? [];
    if (url === undefined) throw new Error(`the engine has not said where it is:\n${this.log}`);
    return url;
  }

  /** Runs a console command for this engine's home. */
  console(...args: readonly string[]): Promise<Finished> {
    return runDeltaring(args, this.settings);
  }

  /** Sends a signal and resolves with the exit code. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.#child.isOver) this.#child.process.kill(signal);
    return this.#child.ended;
  }

  /** What a power cut does to it. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** What is typed at the terminal that `shell` put it in. */
  type(keys: string): void {
    this.#child.process.stdin?.write(keys);
  }

  /** Nobody reads any more what it says. */
  closeLog(): void {
    this.#child.process.stderr?.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.process.kill(signal);
  }

  /** Resolves with the exit code once it ended by itself. */
  ended(): Promise<number | null> {
    return this.#child.ended;
  }

  /** Ends whatever still runs and takes the home away. */
  async remove(): Promise<void> {
    await this.kill();
    removeHome(this.home);
  }

  /** However long it takes: the wait ends with the engine, or with the patience of the runner. */
  async #becomeReady(): Promise<void> {
    while (!(await this.#isReady())) {
      if (this.isOver) throw new Error(`the engine ended before it was ready:\n${this.log}`);
      await Promise.race([this.ended(), sleep(READY_POLL_MILLIS)]);
    }
  }

  async #isReady(): Promise<boolean> {
    const isTold = this.settings['PORT'] !== ANY_PORT || this.log.includes('/health');
    if (this.isOver || !isTold) return false;
    const answer = await fetch(`${this.url}/health`).catch(() => undefined);
    return answer?.status === 200;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const settle = (isThere: boolean): void => {
      probe.destroy();
      resolve(isThere);
    };
    probe.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

/** The process of the engine that runs in a home, as its lock says; undefined where none runs. */
export async function detachedEngine(home: string): Promise<number | undefined> {
  if (!(await answers(socketPath(home)))) return undefined;
  const holder: unknown = JSON.parse(readFileSync(join(home, 'engine.lock.json'), 'utf8'));
  const hasPid = typeof holder === 'object' && holder !== null && 'pid' in holder;
  return hasPid && typeof holder.pid === 'number' ? holder.pid : undefined;
}

/** Stops the detached engine of a home, if one runs, and waits for its end. */
export async function stopDetached(home: string): Promise<void> {
  const pid = await detachedEngine(home);
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  await eventually(`engine ${pid} ends`, () => (isAlive(pid) ? undefined : true));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
