import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LogLines } from '../../src/command/log-lines.ts';

/** A log that takes what it is handed once it is let. */
function slowLog() {
  const taken: string[] = [];
  let done: (() => void) | undefined;
  const lines = new LogLines((text, whenDone) => {
    expect(done, 'one write at a time').toBeUndefined();
    taken.push(text);
    done = whenDone;
  });
  const take = (): void => {
    const whenDone = done;
    done = undefined;
    whenDone?.();
  };
  return { lines, taken, take };
}

describe('lines of a log that is slow', () => {
  it('wait for it in their order, and keep nobody else waiting', async () => {
    const { lines, taken, take } = slowLog();
    for (const line of ['a\n', 'b\n', 'c\n']) lines.write(line);
    expect(taken).toEqual(['a\n']);
    let isSettled = false;
    const settled = lines.settled().then(() => {
      isSettled = true;
    });
    take();
    await Promise.resolve();
    expect([taken, isSettled]).toEqual([['a\n', 'b\nc\n'], false]);
    take();
    await settled;
    await lines.settled();
    expect(taken).toHaveLength(2);
  });

  it('are a thousand at most: of the others their number is told', () => {
    const { lines, taken, take } = slowLog();
    lines.write('first\n');
    for (let i = 0; i < 1_003; i++) lines.write(`${i}\n`);
    take();
    const told = taken[1]?.split('\n') ?? [];
    expect(told.slice(0, 2)).toEqual(['0', '1']);
    expect(told.slice(-3)).toEqual(['999', '3 lines are lost: the log took none', '']);
    lines.write('after\n');
    take();
    expect(taken[2]).toBe('after\n');
  });
});

describe('lines to a standard error that is a file', () => {
  it('are written whole and in order by the time that they are settled', () => {
    const folder = mkdtempSync(join(tmpdir(), 'deltaring-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'serve.log');
    const fd = openSync(path, 'a');
    const module = new URL('../../src/command/log-lines.ts', import.meta.url).href;
    const program = `
      const { linesToStandardError } = await import('${module}');
      const lines = linesToStandardError();
      for (let i = 0; i < 500; i++) lines.write(i + '\\n');
      await lines.settled();
      process.exit();`;
    const args = ['--input-type=module', '--eval', program];
    const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', fd] });
    closeSync(fd);
    expect(status).toBe(0);
    const whole = Array.from({ length: 500 }, (_, i) => `${i}\n`).join('');
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });
});
