import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** What a command wrote, in the order written. */
export interface Terminal {
  stdout: string;
  stderr: string;
}

type Stream = 'stdout' | 'stderr';

/** Collects what the running test's commands write; the streams come back when it ends. */
export function captureTerminal(): Terminal {
  const terminal: Terminal = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const satisfies readonly Stream[]) {
    const stream = process[name];
    const original = stream.write.bind(stream);
    stream.write = (chunk: string | Uint8Array) => {
      terminal[name] += String(chunk);
      return true;
    };
    onTestFinished(() => {
      stream.write = original;
    });
  }
  return terminal;
}

/** A folder of its own for the running test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'deltaring-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Settings of the commands that the running test calls: this home, and nothing from outside. */
export function settings(home: string, more: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries({ DELTARING_HOME: home, ...more })) {
    vi.stubEnv(name, value);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
}
