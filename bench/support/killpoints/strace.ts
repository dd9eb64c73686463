/** Runs the scripted day with strace attached to one of its threads, whose system calls it counts, or breaks
 * one of them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { killLatchPath } from '../../../src/audit/kill-latch.ts';
import { MachineLacks } from '../campaign.ts';
import type { Made } from './points.ts';
import type { Witness } from './witness.ts';

const SCRIPT = fileURLToPath(new URL('day-process.ts', import.meta.url));
const GATE = new URL('thread-gate.ts', import.meta.url).href;
const GATE_FD = 3;
const PATIENCE_MILLIS = 60_000;
/** A shell's word for a command that is not there. */
const NOT_FOUND = 127;

/** What a day's threads write, sync, rename and send with: the core and its broker's socket (`main`, which
 * makes the log's key too), journal, sealed log (`audit`), and the kill latch, which is written aside (`pool`:
 * there it is made and taken away, too). */
const CALLS = {
  main: ['write', 'pwrite64', 'fdatasync', 'fsync', 'rename'],
  journal: ['pwrite64', 'fdatasync', 'fsync', 'rename'],
  audit: ['pwrite64', 'fdatasync', 'fsync', 'rename'],
  pool: ['openat', 'write', 'fsync', 'unlink'],
} as const;
export type DayThread = keyof typeof CALLS;
/** The main thread is counted last: it also writes the compile cache, of what no run before had loaded. */
export const THREADS = ['journal', 'audit', 'pool', 'main'] as const satisfies DayThread[];
export type Call = (typeof CALLS)[DayThread][number];

/** What happens at the n-th of a thread's calls. */
export interface Injection {
  readonly thread: DayThread;
  readonly call: Call;
  readonly nth: number;
  readonly fault: 'SIGKILL' | 'EIO' | 'ENOSPC';
}

export interface DayOptions {
  readonly home: string;
  readonly port: number;
  readonly part: 'first' | 'again';
  readonly plant: string | undefined;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly isLate: boolean;
  readonly stderr: string;
}

export interface Broken extends Ended {
  /** False where the day ended without making that call so often. */
  readonly isStruck: boolean;
}

export function requireStrace(): void {
  // Attached to a sibling, as to the day: a machine may let only a parent trace.
  const script = 'sleep 1 & strace -f -e trace=fdatasync -p $!';
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  if (status === 0) return;
  const isThere = status !== null && status !== NOT_FOUND;
  const why = isThere ? stderr.trim().split('\n').at(-1) : 'it is not installed';
  throw new MachineLacks(`it needs strace with the right to trace: ${why}`);
}

interface Running {
  readonly ended: Promise<Ended>;
  /** The other end of its threads' gates, where it has them. */
  readonly gates: Duplex | undefined;
}

function start({ home, port, part, plant }: DayOptions, isGated: boolean): Running {
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: join(home, '..', 'compiled'),
    // One thread does all that is done to the latch, so that its calls are counted together.
    UV_THREADPOOL_SIZE: '1',
  };
  const gate = isGated ? ['--import', GATE] : [];
  const args = [...gate, SCRIPT, home, String(port), part, plant ?? ''];
  const stdio = ['ignore', 'ignore', 'pipe', isGated ? 'pipe' : 'ignore'] as const;
  const child = spawn(process.execPath, args, { env, stdio: [...stdio] });
  let stderr = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    stderr += bytes.toString('utf8');
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, PATIENCE_MILLIS);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, isLate, stderr });
    });
  });
  const gates = child.stdio[GATE_FD];
  return { ended, gates: gates instanceof Duplex ? gates : undefined };
}

/** Runs a part of the day untouched. */
export function runDay(options: DayOptions): Promise<Ended> {
  return start(options, false).ended;
}

/** Strace on a running thread, once it has stopped it. Resolves with its end. */
async function attach(thread: string | undefined, trace: readonly string[]) {
  const args = [...trace, '-p', String(thread)];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(tracer, 'close');
  await Promise.race([once(tracer.stderr, 'data'), closed]);
  tracer.stderr.resume();
  return { closed };
}

/** What one thread does, and nothing else. */
interface Trace {
  readonly thread: DayThread;
  readonly args: readonly string[];
}

/** Of the thread that works aside only what is done to the latch and its folder: the rest are wake-ups. */
function filterOf(thread: DayThread, home: string): readonly string[] {
  return thread === 'pool' ? ['-P', killLatchPath(home), '-P', home] : [];
}

/**
 * Runs it under strace. The journal's and the sealing thread are traced from their first step. The others
 * from where the broker greets them, which is before they touch its files: what comes before is most of their
 * calls and none of the day's. A tracer that began with the process would pass no signal on at the stops of
 * --seccomp-bpf, so that its kills would never come, and without it be slow.
 */
async function runTraced(
  options: DayOptions,
  witness: Witness,
  { thread, args }: Trace,
): Promise<Ended> {
  const trace = [...filterOf(thread, options.home), ...args];
  const fromGreeting = thread === 'main' || thread === 'pool';
  const arrival = witness.hold();
  const { ended, gates } = start(options, true);
  const met = new Map<string, string>();
  let closed: Promise<unknown> = Promise.resolve();
  const meet = async (line: string): Promise<void> => {
    const [name = '', id = ''] = line.split(' ');
    met.set(name, id);
    if (name === thread && !fromGreeting) ({ closed } = await attach(id, trace));
    gates?.write('.');
  };
  if (gates !== undefined) {
    gates.on('error', () => undefined);
    createInterface({ input: gates }).on('line', (line) => void meet(line));
  }
  const greet = await Promise.race([arrival, ended.then(() => () => undefined)]);
  if (fromGreeting) ({ closed } = await attach(met.get(thread), trace));
  greet();
  const end = await ended;
  await closed;
  return end;
}

/** Runs it with one call broken. */
export async function runBroken(
  options: DayOptions,
  witness: Witness,
  { thread, call, nth, fault }: Injection,
): Promise<Broken> {
  const log = join(options.home, '..', 'struck.txt');
  const isKill = fault === 'SIGKILL';
  const what = isKill ? 'signal=SIGKILL' : `error=${fault}`;
  const inject = `inject=${call}:${what}:when=${nth}`;
  const args = ['-e', `trace=${call}`, '-e', inject, '-o', log];
  rmSync(log, { force: true });
  const ended = await runTraced(options, witness, { thread, args });
  const isStruck = isKill
    ? wasKilled(ended)
    : existsSync(log) && readFileSync(log, 'utf8').includes('(INJECTED)');
  return { ...ended, isStruck };
}

export function wasKilled({ signal, isLate }: Ended): boolean {
  return signal === 'SIGKILL' && !isLate;
}

/** How often each thread makes each call over a whole day; `newDay` makes one ready. */
export async function countCalls(newDay: () => DayOptions, witness: Witness): Promise<Made[]> {
  const made: Made[] = [];
  for (const thread of THREADS) {
    const options = newDay();
    const log = join(options.home, '..', 'calls.txt');
    const calls = CALLS[thread];
    const args = ['-e', `trace=${calls.join(',')}`, '-o', log];
    const { code, stderr } = await runTraced(options, witness, { thread, args });
    if (code !== 0) throw new Error(`the scripted day does not end by itself: ${stderr}`);
    await witness.take();
    const names = readFileSync(log, 'utf8').matchAll(/^(\w+)\(/gm);
    const all = Array.from(names, ([, name]) => name);
    for (const call of calls) {
      made.push({ thread, call, times: all.filter((name) => name === call).length });
    }
  }
  return made;
}
