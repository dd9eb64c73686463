/** Runs the scripted day under strace, which counts its system calls or breaks one of them. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MachineLacks } from '../campaign.ts';

const SCRIPT = fileURLToPath(new URL('day-process.ts', import.meta.url));
const PATIENCE_MILLIS = 60_000;

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

export function requireStrace(): void {
  const { status, stderr } = spawnSync('strace', ['-f', '-e', 'trace=fdatasync', 'true'], {
    encoding: 'utf8',
  });
  if (status === 0) return;
  const why = status === null ? 'it is not installed' : stderr.trim().split('\n').at(-1);
  throw new MachineLacks(`it needs strace with the right to trace: ${why}`);
}

function run(command: string, args: readonly string[], home: string): Promise<Ended> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(home, '..', 'compiled') };
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString('utf8');
  });
  return new Promise((resolve, reject) => {
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
}

function dayArguments({ home, port, part, plant }: DayOptions): readonly string[] {
  return [SCRIPT, home, String(port), part, plant ?? ''];
}

/** Runs a part of the day untouched. */
export function runDay(options: DayOptions): Promise<Ended> {
  return run(process.execPath, dayArguments(options), options.home);
}

/** Runs it with one call broken. */
export function runBroken(options: DayOptions, { call, nth, fault }: Injection): Promise<Ended> {
  const what = fault === 'SIGKILL' ? 'signal=SIGKILL' : `error=${fault}`;
  const trace = [
    '-f',
    '-qq',
    '--seccomp-bpf',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:${what}:when=${nth}`,
    '-o',
    '/dev/null',
  ];
  return run('strace', [...trace, process.execPath, ...dayArguments(options)], options.home);
}

/** The most that any one thread makes of each call, over a whole day. */
export async function countCalls(options: DayOptions): Promise<ReadonlyMap<Call, number>> {
  const log = join(options.home, '..', 'calls.txt');
  const trace = ['-f', '-qq', '--seccomp-bpf', '-e', `trace=${CALLS.join(',')}`, '-o', log];
  const { code, stderr } = await run(
    'strace',
    [...trace, process.execPath, ...dayArguments(options)],
    options.home,
  );
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
