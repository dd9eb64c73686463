import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpus, totalmem } from 'node:os';

const BYTES_PER_GB = 1e9;
const SOURCE_CHARACTERS = 12;

/** On what and on which source a measurement was made. */
export interface Machine {
  readonly hardware: string;
  readonly node: string;
  readonly date: string;
  readonly commit: string;
}

function git(args: readonly string[], cwd?: string): string {
  try {
    return execFileSync('git', [...args], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

/** The newest commit, with a plus sign where the source differs from it. Results that were recorded on it are
 * no source. */
function commitOf(): string {
  const commit = git(['rev-parse', '--short', 'HEAD']).trim();
  if (commit === '') return 'no repository';
  const sources = ['src', 'bench', 'package.json', ':!bench/RESULTS.md'];
  const changed = git(['status', '--porcelain', '--', ...sources]).trim();
  return changed === '' ? commit : `${commit}+`;
}

/** Names what is committed at these paths; '' where something else stands there now, or nothing. */
export function sourceOf(paths: readonly string[], repository?: string): string {
  if (git(['status', '--porcelain', '--', ...paths], repository).trim() !== '') return '';
  const files = git(['ls-tree', 'HEAD', '--', ...paths], repository).trim();
  if (files === '') return '';
  return createHash('sha256').update(files).digest('hex').slice(0, SOURCE_CHARACTERS);
}

/** Describes this machine, this Node and this source, now. */
export function describeMachine(): Machine {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / BYTES_PER_GB);
  return {
    hardware: `${processors.length} × ${model}, ${memory} GB, ${process.platform} ${process.arch}`,
    node: `${process.version} (V8 ${process.versions.v8})`,
    date: new Date().toISOString().slice(0, 10),
    commit: commitOf(),
  };
}
