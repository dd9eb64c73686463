import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { carriedNodePath } from '../../bin/setup/pinned-node.mjs';

const binFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin');

/** How a started process ended and what it wrote. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under way: its end, and what it wrote until now. */
export interface Started {
  readonly child: ChildProcess;
  readonly ending: Promise<Ending>;
  readonly written: () => { readonly stdout: string; readonly stderr: string };
}

export interface StartOptions {
  readonly env?: Record<string, string>;
  /** Statements that run in the starter before it does, to give it another machine's traits. */
  readonly pretend?: string;
}

/**
 * A project folder in miniature around the real `bin/`: its own package-lock.json, a program in
 * src/main.ts, and an npm of a few lines that needs no network. That npm writes its arguments to
 * npm-calls.log and then does what the NPM_* variables of its environment say.
 */
export class StarterProject {
  readonly root = mkdtempSync(join(tmpdir(), 'deltaring-starter-'));

  constructor(mainLines: readonly string[] = ["process.stdout.write('main ran')"]) {
    cpSync(binFolder, join(this.root, 'bin'), { recursive: true });
    this.write('package.json', JSON.stringify({ type: 'module', dependencies: { tool: '1.0.0' } }));
    this.writeLock('1.0.0');
    this.write('npm/npm-cli.js', NPM_LINES.join('\n'));
    this.write('npm/package.json', JSON.stringify({ type: 'module' }));
    this.write('src/main.ts', mainLines.join('\n'));
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  remove(path = '.'): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  /** package-lock.json with one package that runs and one that is only for development. */
  writeLock(toolVersion: string): void {
    this.write('package-lock.json', JSON.stringify(lockOf(toolVersion)));
  }

  /** What npm itself leaves behind after an install, here without our stamp. */
  installByHand(options: { readonly withTools: boolean; readonly version?: string }): void {
    const record = lockOf(options.version ?? '1.0.0');
    const packages = Object.entries(record.packages).filter(
      ([, entry]) => options.withTools || !('dev' in entry),
    );
    this.write(
      'node_modules/.package-lock.json',
      JSON.stringify({ packages: Object.fromEntries(packages) }),
    );
    this.installNode();
  }

  /** The pinned Node in its place: the running one behind a script that leaves its mark. */
  installNode(): void {
    const path = carriedNodePath('.');
    if (path === undefined) return;
    this.write(path, `#!/bin/sh\nNODE_IS=carried exec "${process.execPath}" "$@"\n`, 0o755);
  }

  /** Marks the folder as set up for its present package-lock.json. */
  stamp(): void {
    this.installNode();
    const digest = createHash('sha256').update(this.read('package-lock.json')).digest('hex');
    this.write('node_modules/.deltaring-setup', `${digest}\n`);
  }

  npmCalls(): string[] {
    if (!this.has('npm-calls.log')) return [];
    return this.read('npm-calls.log').trim().split('\n');
  }

  start(args: readonly string[], { env, pretend }: StartOptions = {}): Started {
    const preload = pretend === undefined ? [] : ['--import', asModule(pretend)];
    const script = join(this.root, 'bin', 'deltaring.mjs');
    const child = spawn(process.execPath, [...preload, script, ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        npm_execpath: join(this.root, 'npm', 'npm-cli.js'),
        ...env,
      },
    });
    return started(child);
  }

  /** Starts as what a terminal was opened for, with no shell between: the terminal is the process that
   * is handed back, and ends with it. Linux only. */
  startInTerminal(args: readonly string[]): ChildProcess {
    const words = [process.execPath, join(this.root, 'bin', 'deltaring.mjs'), ...args];
    const command = `exec ${words.map((word) => `'${word}'`).join(' ')}`;
    const env = { PATH: process.env['PATH'] ?? '', SHELL: '/bin/sh' };
    return spawn('script', ['-qec', command, '/dev/null'], { env });
  }

  run(args: readonly string[], options: StartOptions = {}): Promise<Ending> {
    const { child, ending } = this.start(args, options);
    child.stdin?.end();
    return ending;
  }
}

/** Waits until a condition holds; the test's own time limit ends a wait that is in vain. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function started(child: ChildProcess): Started {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ending = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ending, written: () => ({ stdout, stderr }) };
}

function lockOf(toolVersion: string) {
  return {
    lockfileVersion: 3,
    packages: {
      '': { name: 'miniature' },
      'node_modules/tool': { version: toolVersion, integrity: 'sha512-tool' },
      'node_modules/check': { version: '1.0.0', integrity: 'sha512-check', dev: true },
      'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-x', optional: true },
    },
  };
}

function asModule(statements: string): string {
  return `data:text/javascript,${encodeURIComponent(statements)}`;
}

const NPM_LINES = [
  "import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';",
  "import { setTimeout as sleep } from 'node:timers/promises';",
  "appendFileSync('npm-calls.log', process.argv.slice(2).join(' ') + '\\n');",
  "process.stdout.write('words of npm that belong nowhere\\n');",
  'while (process.env.NPM_WAITS_FOR && !existsSync(process.env.NPM_WAITS_FOR)) await sleep(10);',
  'if (process.env.NPM_FAILS_WITH) {',
  "  process.stderr.write(process.env.NPM_FAILS_WITH + '\\n');",
  '  process.exit(7);',
  '}',
  "mkdirSync('node_modules/tool', { recursive: true });",
  'if (process.env.NPM_BRINGS_NODE) {',
  "  const { dirname } = await import('node:path');",
  '  mkdirSync(dirname(process.env.NPM_BRINGS_NODE), { recursive: true });',
  '  const script = \'#!/bin/sh\\nNODE_IS=carried exec "\' + process.execPath + \'" "$@"\\n\';',
  '  writeFileSync(process.env.NPM_BRINGS_NODE, script, { mode: 0o755 });',
  '}',
];
