import { utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { carriedNodePath } from '../../bin/setup/pinned-node.mjs';
import { startOf } from '../../bin/setup/process-identity.mjs';
import { StarterProject, until } from '../support/starter-project.ts';

/** No process has it: above the largest id that Linux and macOS give. */
const DEAD_PID = 99_999_999;

const LOCK = '.deltaring-lock';

/** Fifty seconds pass in one: for a word that comes after some. */
const HASTY_CLOCK = `
  const [now, interval, begun] = [Date.now, setInterval, Date.now()];
  Date.now = () => begun + 50 * (now() - begun);
  globalThis.setInterval = (work, millis) => interval(work, millis / 50);
`;

let project: StarterProject;
beforeEach(() => {
  project = new StarterProject();
});
afterEach(() => project.remove());

function lockedBy(owner: { pid: number; start: string; host?: string; npm?: object }): void {
  project.write(`${LOCK}/1`, JSON.stringify({ host: hostname(), ...owner }));
}

const thisProcess = { pid: process.pid, start: startOf(process.pid) };

describe('what is in place', () => {
  it('is brought by one clean install, without install scripts, then the program runs', async () => {
    const ending = await project.run(['serve']);
    expect(ending).toMatchObject({ code: 0, stdout: 'main ran' });
    expect(project.npmCalls()).toHaveLength(1);
    expect(project.npmCalls()[0]).toMatch(/^ci --ignore-scripts /);
  });

  it('is not brought again while package-lock.json stays the same', async () => {
    await project.run(['serve']);
    const ending = await project.run(['serve']);
    expect(ending).toMatchObject({ code: 0, stdout: 'main ran', stderr: '' });
    expect(project.npmCalls()).toHaveLength(1);
  });

  it('is brought again when package-lock.json changed', async () => {
    await project.run(['serve']);
    project.writeLock('1.0.1');
    await project.run(['serve']);
    await project.run(['serve']);
    expect(project.npmCalls()).toHaveLength(2);
  });

  it('is brought again when node_modules is gone', async () => {
    await project.run(['serve']);
    project.remove('node_modules');
    await project.run(['serve']);
    expect(project.npmCalls()).toHaveLength(2);
  });

  it('is brought again after a failed set-up, which leaves no stamp', async () => {
    project.stamp();
    project.writeLock('1.0.1');
    await project.run(['serve'], { env: { NPM_FAILS_WITH: 'npm error' } });
    expect(project.has('node_modules/.deltaring-setup')).toBe(false);
    expect(await project.run(['serve'])).toMatchObject({ code: 0, stdout: 'main ran' });
  });

  it("is left alone after a person's own npm ci, and stamped", async () => {
    project.installByHand({ withTools: true });
    await project.run(['serve']);
    expect(project.npmCalls()).toEqual([]);
    expect(project.has('node_modules/.deltaring-setup')).toBe(true);
  });

  it('is brought when a hand-made install is one version behind', async () => {
    project.installByHand({ withTools: true, version: '0.9.9' });
    await project.run(['serve']);
    expect(project.npmCalls()).toHaveLength(1);
  });

  it('needs no development packages to run the program, but needs them for a tool', async () => {
    project.installByHand({ withTools: false });
    await project.run(['serve']);
    expect(project.npmCalls()).toEqual([]);
    await project.run(['--exec', 'node', '--version']);
    expect(project.npmCalls()).toHaveLength(1);
  });
});

describe('the words of a set-up', () => {
  it('go to stderr alone, so that a protocol on stdout stays clean', async () => {
    const { stdout, stderr } = await project.run(['mcp']);
    expect(stdout).toBe('main ran');
    expect(stderr).toMatch(/^deltaring: setting up.*\ndeltaring: set up in \d+ s\n$/);
  });

  it('tell every few seconds that it goes on', async () => {
    const go = join(project.root, 'go');
    const start = project.start(['serve'], { env: { NPM_WAITS_FOR: go }, pretend: HASTY_CLOCK });
    await until(() => /setting up, [1-9]\d* s so far/.test(start.written().stderr));
    project.write('go', '');
    expect(await start.ending).toMatchObject({ code: 0, stdout: 'main ran' });
  });
});

describe('two starts at once', () => {
  it('install once; the second says whom it waits for', async () => {
    const env = { NPM_WAITS_FOR: join(project.root, 'go') };
    const first = project.start(['serve'], { env });
    await until(() => project.npmCalls().length === 1);
    const second = project.start(['serve'], { env });
    await until(() => second.written().stderr.includes(`waiting for process ${first.child.pid}`));
    project.write('go', '');
    const endings = await Promise.all([first.ending, second.ending]);
    expect(endings.map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, 'main ran'],
      [0, 'main ran'],
    ]);
    expect(project.npmCalls()).toHaveLength(1);
    expect(project.has(LOCK)).toBe(false);
  });

  it('of five, one installs', async () => {
    const endings = await Promise.all([1, 2, 3, 4, 5].map(() => project.run(['serve'])));
    expect(endings.map(({ stdout }) => stdout)).toEqual(Array(5).fill('main ran'));
    expect(project.npmCalls()).toHaveLength(1);
    expect(project.has(LOCK)).toBe(false);
  });
});

describe('the set-up lock', () => {
  it('is waited for while its owner lives', async () => {
    lockedBy(thisProcess);
    const start = project.start(['serve']);
    await until(() => start.written().stderr.includes(`waiting for process ${process.pid}`));
    expect(project.npmCalls()).toEqual([]);
    project.remove(LOCK);
    expect(await start.ending).toMatchObject({ code: 0, stdout: 'main ran' });
  });

  it('is taken over from a dead owner', async () => {
    lockedBy({ pid: DEAD_PID, start: '1' });
    expect(await project.run(['serve'])).toMatchObject({ code: 0, stdout: 'main ran' });
    expect(project.has(LOCK)).toBe(false);
  });

  it("is taken over when another process got the dead owner's id", async () => {
    lockedBy({ pid: process.pid, start: 'another time' });
    expect(await project.run(['serve'])).toMatchObject({ code: 0, stdout: 'main ran' });
  });

  it('is taken over by one of many', async () => {
    lockedBy({ pid: DEAD_PID, start: '1' });
    await Promise.all([1, 2, 3, 4].map(() => project.run(['serve'])));
    expect(project.npmCalls()).toHaveLength(1);
  });

  it('is still held while the npm of a killed owner works', async () => {
    lockedBy({ pid: DEAD_PID, start: '1', npm: thisProcess });
    const start = project.start(['serve']);
    await until(() => start.written().stderr.includes(`waiting for npm, process ${process.pid}`));
    project.remove(LOCK);
    expect(await start.ending).toMatchObject({ code: 0 });
  });

  it('names the npm it started', async () => {
    const env = { NPM_WAITS_FOR: join(project.root, 'go') };
    const start = project.start(['serve'], { env });
    await until(() => project.npmCalls().length === 1 && project.has(`${LOCK}/1`));
    await until(() => project.read(`${LOCK}/1`).includes('npm'));
    project.write('go', '');
    await start.ending;
  });

  it.each([
    ['an owner that never wrote its name', '', 11],
    ['an owner on another machine that stopped renewing', foreignOwner(), 121],
  ])('is taken over from %s', async (_name, text, ageSeconds) => {
    project.write(`${LOCK}/1`, text);
    const then = Date.now() / 1000 - ageSeconds;
    utimesSync(join(project.root, LOCK, '1'), then, then);
    expect(await project.run(['serve'])).toMatchObject({ code: 0, stdout: 'main ran' });
  });

  it.each([
    ['an owner that is about to write its name', '', 'another start'],
    ['an owner at work on another machine', foreignOwner(), 'a start on elsewhere.example'],
  ])('is left to %s', async (_name, text, holder) => {
    project.write(`${LOCK}/1`, text);
    const start = project.start(['serve']);
    await until(() => start.written().stderr.includes(`waiting for ${holder}`));
    start.child.kill('SIGTERM');
    expect(await start.ending).toMatchObject({ signal: 'SIGTERM', stdout: '' });
  });

  it('is let go when the set-up is told to stop, and npm stops with it', async () => {
    const env = { NPM_WAITS_FOR: join(project.root, 'never') };
    const start = project.start(['serve'], { env });
    await until(() => project.npmCalls().length === 1);
    start.child.kill('SIGTERM');
    const { code, stderr } = await start.ending;
    expect(code).toBe(1);
    expect(stderr).toContain('stopped by SIGTERM; start again to finish it');
    expect(project.has(LOCK)).toBe(false);
  });
});

describe('a set-up that fails', () => {
  it.each([
    ['no network', 'npm error code ENOTFOUND', /registry cannot be reached: check the network/],
    ['a full disk', 'npm error code ENOSPC', /disk is full: free about 600 MB/],
    ['a lockfile that does not fit', 'npm error code EUSAGE', /do not agree: restore both/],
    ['a changed package', 'npm error code EINTEGRITY', /not the one that package-lock.json pins/],
    ['a refusing registry', 'npm error code E404', /registry refused a package/],
    ['a read-only folder', 'npm error code EROFS', /make the project folder writable/],
    ['something unforeseen', 'npm error code EODD\nnpm error odd thing', /code 7 \(npm error odd/],
  ])('names %s in one line with the way out, and ends with 1', async (_name, words, advice) => {
    const ending = await project.run(['serve'], { env: { NPM_FAILS_WITH: words } });
    const lines = ending.stderr.trim().split('\n').slice(1);
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(advice);
    expect(project.has(LOCK)).toBe(false);
  });

  it('says so when there is no npm', async () => {
    const ending = await project.run(['serve'], {
      env: { PATH: '', npm_execpath: '' },
      pretend: "process.execPath = '/nowhere/bin/node'",
    });
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(ending.stderr).toMatch(/^deltaring: setting up.*\ndeltaring: npm was not found.*\n$/);
  });

  it('passes by the npm_execpath of another package manager', async () => {
    project.write('npm/pnpm.cjs', 'process.exit(9)');
    project.write('path/npm', '#!/bin/sh\nexit 8\n', 0o755);
    const ending = await project.run(['serve'], {
      env: { PATH: join(project.root, 'path'), npm_execpath: join(project.root, 'npm/pnpm.cjs') },
      pretend: "process.execPath = '/nowhere/bin/node'",
    });
    expect(ending.stderr).toContain('npm ended with code 8');
  });
});

describe('the Node that npm brings', () => {
  const carried = carriedNodePath('.');

  it.skipIf(carried === undefined)('is what the program runs on', async () => {
    project.write('src/main.ts', "process.stdout.write(String(process.env['NODE_IS']))");
    const env = { NPM_BRINGS_NODE: String(carried) };
    expect(await project.run(['serve'], { env })).toMatchObject({ code: 0, stdout: 'carried' });
  });

  it.skipIf(carried === undefined)('is brought to an old Node when it is missing', async () => {
    project.stamp();
    project.remove(String(carried));
    const ending = await project.run(['serve'], {
      env: { NPM_BRINGS_NODE: String(carried) },
      pretend: OLD_NODE,
    });
    expect(project.npmCalls()).toHaveLength(1);
    expect(ending).toMatchObject({ code: 0, stdout: 'main ran' });
  });

  it.skipIf(carried === undefined)('is named when npm did not bring it', async () => {
    const ending = await project.run(['serve'], { pretend: OLD_NODE });
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(ending.stderr).toMatch(/npm did not bring the Node for .*: delete node_modules/);
  });

  it('is not needed where the running Node is new enough', async () => {
    const ending = await project.run(['serve'], { pretend: UNKNOWN_PLATFORM });
    expect(ending).toMatchObject({ code: 0, stdout: 'main ran' });
  });

  it('is asked of the person where npm carries none and the running one is old', async () => {
    const ending = await project.run(['serve'], { pretend: `${OLD_NODE};${UNKNOWN_PLATFORM}` });
    expect(ending.code).toBe(1);
    expect(ending.stderr).toMatch(
      /no Node for sunos-\w+ and this is Node 20\.0\.0: install Node 24/,
    );
  });
});

const OLD_NODE =
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })";
const UNKNOWN_PLATFORM = "Object.defineProperty(process, 'platform', { value: 'sunos' })";

function foreignOwner(): string {
  return JSON.stringify({ pid: 1, start: '1', host: 'elsewhere.example' });
}
