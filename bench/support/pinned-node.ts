/** Child processes of Node on a processor of their own, where the machine and its tools allow it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Where the measured program runs, and where the load comes from. */
export const SERVER_CPU = 0;
export const LOAD_CPU = 1;

function canPin(): boolean {
  if (availableParallelism() <= LOAD_CPU) return false;
  try {
    execFileSync('taskset', ['-c', String(LOAD_CPU), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** True where `taskset` and a second processor are at hand. */
export const isPinned = canPin();

/** Words of `sh` that pin the shell, and what it becomes, to a processor. */
export const PIN_SERVER = isPinned ? `taskset -pc ${SERVER_CPU} $$ >/dev/null` : ':';

/** Starts a script of this folder with Node. Its complaints go to this process's stderr. */
export function startPinned(script: string, args: readonly string[], cpu: number): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const words = [process.execPath, path, ...args];
  const [command = '', ...rest] = isPinned ? ['taskset', '-c', String(cpu), ...words] : words;
  return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Everything a child says until it ends; rejects where it ends badly. */
export function outputOf(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`));
    });
  });
}

/** The first line a child says. */
export function firstLineOf(child: ChildProcess): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`the child ended with ${code}`)));
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end !== -1) resolve(text.slice(0, end));
    });
  });
}
