import { describe, expect, it } from 'vitest';
import { codeOf } from './tidy-code.ts';
import { importsOf, plant } from './tidy-source.ts';
import { noBannedWords, noLongFiles } from './tidy-word-rules.ts';

describe('the word rules find', () => {
  it.each([
    ['Date.now', 'const t = Date.now();', 'src/engine/chain/a.ts'],
    ['new Date()', 'const t = new Date();', 'src/audit/a.ts'],
    ['performance.now', 'const t = performance.now();', 'src/sim/a.ts'],
    ['process.hrtime', 'const t = process.hrtime.bigint();', 'src/ops/a.ts'],
    ['setTimeout', 'setTimeout(run, 1);', 'src/engine/feed/a.ts'],
    ['setInterval', 'setInterval(run, 1);', 'src/web/a.ts'],
    ['setImmediate', 'setImmediate(run);', 'src/mcp/a.ts'],
    ['Math.random', 'const r = Math.random();', 'src/sim/model/a.ts'],
    ['console.', "console.log('x');", 'src/desk/core-worker.ts'],
    ['as any', 'const a = b as any;', 'src/config.ts'],
    ['@ts-ignore', '// @ts-ignore', 'src/ops/a.ts'],
    ['TODO', '// TODO mend', 'src/main.ts'],
    ['FIXME', "const s = 'FIXME';", 'src/main.ts'],
    ['async', 'export async function f() {}', 'src/risk/gate.ts'],
    ['await', 'await f();', 'src/strategies/a.ts'],
    ['Promise', 'type P = Promise<void>;', 'src/broker/paper/a.ts'],
    ['Promise', 'type P = Promise<void>;', 'src/desk/step.ts'],
    ['Date.now', 'const t = `at ${Date.now()}`;', 'src/risk/a.ts'],
  ])('%s, and name what to write instead', (word, line, path) => {
    const found = noBannedWords([plant(path, '', line)]);
    expect(found).toEqual([expect.stringMatching(/^src\/.*:2 says "[^"]+": [a-z]/)]);
    expect(found[0]).toContain(`"${word}"`);
  });

  it.each([
    ['a shell', 'src/engine/feed/socket-shell.ts', 'setTimeout(run, Date.now());'],
    ['a worker entry', 'src/desk/core-worker.ts', 'await new Promise(run);'],
    ['the clock', 'src/engine/domain/clock.ts', 'const t = Date.now();'],
    ['the command line', 'src/main.ts', 'const t = new Date();'],
    ['the door', 'src/desk/engine-api.ts', 'type Answer = Promise<string>;'],
    ['a client of the door', 'src/desk/engine-api-socket.ts', 'await send(Date.now());'],
    ['a face', 'src/mcp/server.ts', 'await handle();'],
    ['a comment', 'src/risk/a.ts', '// Date.now() and await are not ours to use.'],
    ['a string', 'src/risk/a.ts', "const text = 'await Date.now()';"],
    ['a longer word', 'src/risk/a.ts', 'const isAsync = awaiting(PromiseLike);'],
  ])('no fault in %s', (_name, path, line) => {
    expect(noBannedWords([plant(path, line)])).toEqual([]);
  });

  it('time in the door itself, which has promises but no clock', () => {
    const door = plant('src/desk/engine-api.ts', 'const t = Date.now();');
    expect(noBannedWords([door])).toHaveLength(1);
  });

  it('a file one line above the limit', () => {
    const lines = (count: number) => plant('src/ops/a.ts', ...Array(count).fill('x;'));
    expect(noLongFiles([lines(400)])).toEqual([]);
    expect(noLongFiles([lines(401)])).toEqual([expect.stringContaining('has 401 lines')]);
  });
});

describe('the reader of code', () => {
  it.each([
    ["a('b'); // c", "a('b'".slice(0, 2)],
    ['x / y / z', 'x / y / z'],
    ['call(/[/"]/.test(y), z)', '.test(y), z)'],
    ['`a ${b({ c: 1 })} d` + e', 'b({ c: 1 })'],
    ['/* a */ b', ' b'],
    ["'it\\'s' + c", ' + c'],
  ])('keeps the code of %s', (text, code) => {
    expect(codeOf(text)).toContain(code);
    expect(codeOf(text)).toHaveLength(text.length);
  });

  it.each([
    ["a('b'); // c", /[bc]/],
    ['call(/[/"]/.test(y), z)', /"/],
    ['`a ${b} d`', /[ad]/],
    ['/* a */ b', /a/],
    ["'it\\'s' + c", /[its]/],
  ])('blanks the words of %s', (text, words) => {
    expect(codeOf(text)).not.toMatch(words);
  });

  it('reads no import out of a string or a function call', () => {
    const file = plant('src/ops/a.ts', "export const a = from('x');", "  const b = `from 'y'`;");
    expect(importsOf(file)).toEqual([]);
  });
});
