import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of its own for the running test, gone when it ends. */
export function tempHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-audit-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}
