import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The field of /proc/PID/stat, counted after the command's name, that holds the start time. */
const STAT_START_FIELD = 19;

/**
 * When a process started, as the system words it; process ids are used again, the pair is not.
 * Empty where the process is gone or the system does not tell.
 * @param {number} pid
 * @returns {string}
 */
export function startOf(pid) {
  if (process.platform === 'win32') return '';
  if (process.platform !== 'linux') {
    return (
      spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ??
      ''
    );
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[STAT_START_FIELD] ?? '';
  } catch {
    return '';
  }
}

/**
 * Whether the very process that was noted still runs, not another that got its id.
 * @param {{ pid: number, start: string }} noted
 * @returns {boolean}
 */
export function isAlive({ pid, start }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return start === '' || startOf(pid) === start;
}
