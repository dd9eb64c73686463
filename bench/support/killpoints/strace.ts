/** Runs the scripted day with strace attached, which counts its system calls or breaks one of them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MachineLacks } from '../campaign.ts';
import type { Witness } from './witness.ts';

const SCRIPT = fileURLToPath(new URL('day-process.ts', import.meta.url));
const PATIENCE_MILLIS = 60_000;
/** A shell's word for a command that is not there. */
const NOT_FOUND = 127;

/** What a day writes, syncs, renames and sends with. */
export const CALLS = ['pwrite64', 'fdatasync', 'fsync', 'rename', 'write'] as const;
export type Call = (typeof CALLS)[number];

/** What happens at the n-th of a call, counted for each thread. */
export interface Injection {
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
  const script = 'sleep 0.1 & strace -f -e trace=fdatasync -p $!';
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  if (status === 0) return;
  const isThere = status !== null && status !== NOT_FOUND;
  const why = isThere ? stderr.trim().split('\n').at(-1) : 'it is not installed';
  throw new MachineLacks(`it needs strace with the right to trace: ${why}`);
}

interface Running {
  readonly pid: number | undefined;
  readonly ended: Promise<Ended>;
}

function start({ home, port, part, plant }: DayOptions): Running {
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: join(home, '..', 'compiled'),
    // One thread does all that is done to the latch, so that its calls are counted together.
    UV_THREADPOOL_SIZE: '1',
  };
  const args = [SCRIPT, home, String(port), part, plant ?? ''];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
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
  return { pid: child.pid, ended };
}

/** Runs a part of the day untouched. */
export function runDay(options: DayOptions): Promise<Ended> {
  return start(options).ended;
}

/** Strace on a running process, once it has stopped every thread of it. */
async function attach(pid: number | undefined, trace: readonly string[]) {
  const args = ['-f', ...trace, '-p', String(pid)];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(tracer, 'close');
  await Promise.race([once(tracer.stderr, 'data'), closed]);
  tracer.stderr.resume();
  return { closed };
}

/**
 * Runs it under strace from where the broker greets it, which is before it touches its files: what comes
 * before is most of its calls and none of the day's. A tracer that began with the process would pass no
 * signal on at the stops of --seccomp-bpf, so that its kills would never come, and without it be slow.
 */
async function runTraced(
  options: DayOptions,
  { witness, trace }: { readonly witness: Witness; readonly trace: readonly string[] },
): Promise<Ended> {
  const arrival = witness.hold();
  const { pid, ended } = start(options);
  const greet = await Promise.race([arrival, ended.then(() => () => undefined)]);
  const { closed } = await attach(pid, trace);
  greet();
  const end = await ended;
  await closed;
  return end;
}

/** Runs it with one call broken. */
export async function runBroken(
  options: DayOptions,
  witness: Witness,
  { call, nth, fault }: Injection,
): Promise<Broken> {
  const log = join(options.home, '..', 'struck.txt');
  const isKill = fault === 'SIGKILL';
  const what = isKill ? 'signal=SIGKILL' : `error=${fault}`;
  const inject = `inject=${call}:${what}:when=${nth}`;
  const trace = ['-e', `trace=${call}`, '-e', inject, '-o', log];
  const ended = await runTraced(options, { witness, trace });
  const isStruck = isKill ? wasKilled(ended) : readFileSync(log, 'utf8').includes('(INJECTED)');
  return { ...ended, isStruck };
}

export function wasKilled({ signal, isLate }: Ended): boolean {
  return signal === 'SIGKILL' && !isLate;
}

/** The most that any one thread makes of each call, over a whole day. */
export async function countCalls(
  options: DayOptions,
  witness: Witness,
): Promise<ReadonlyMap<Call, number>> {
  const log = join(options.home, '..', 'calls.txt');
  const trace = ['-e', `trace=${CALLS.join(',')}`, '-o', log];
  const { code, stderr } = await runTraced(options, { witness, trace });
  if (code !== 0) throw new Error(`the scripted day does not end by itself: ${stderr}`);
  const perThread = new Map<string, number>();
  for (const [, thread, call] of readFileSync(log, 'utf8').matchAll(/^(\d+) +(\w+)\(/gm)) {
    const key = `${call} ${thread}`;
    perThread.set(key, (perThread.get(key) ?? 0) + 1);
  }
  const most = new Map<Call, number>();
  for (const call of CALLS) {
    const counts = [...perThread].filter(([key]) => key.startsWith(`${call} `));
    most.set(call, Math.max(0, ...counts.map(([, times]) => times)));
  }
  return most;
}
