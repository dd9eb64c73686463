import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { StarterProject, until } from '../support/starter-project.ts';

let project: StarterProject;
afterEach(() => project.remove());

function programOf(...lines: string[]): StarterProject {
  project = new StarterProject(lines);
  project.stamp();
  return project;
}

describe('the program under the starter', () => {
  it('gets the arguments as they were given', async () => {
    programOf('process.stdout.write(JSON.stringify(process.argv.slice(2)))');
    const { stdout } = await project.run(['audit', 'verify', 'a folder', '--json', '']);
    expect(JSON.parse(stdout)).toEqual(['audit', 'verify', 'a folder', '--json', '']);
  });

  it.each([0, 1, 2, 3])('ends the starter with its exit code, %i', async (code) => {
    programOf(`process.exit(${code})`);
    expect(await project.run(['serve'])).toMatchObject({ code, signal: null });
  });

  it('keeps what is compiled beside its packages', async () => {
    programOf(
      "import { getCompileCacheDir } from 'node:module';",
      'process.stdout.write(getCompileCacheDir());',
    );
    const { stdout } = await project.run(['serve']);
    expect(stdout).toContain(join(project.root, 'node_modules', '.cache', 'compiled'));
  });

  it('keeps it where the person says', async () => {
    programOf('process.stdout.write(process.env.NODE_COMPILE_CACHE);');
    const NODE_COMPILE_CACHE = join(project.root, 'elsewhere');
    const { stdout } = await project.run(['serve'], { env: { NODE_COMPILE_CACHE } });
    expect(stdout).toBe(NODE_COMPILE_CACHE);
  });

  it('reads what is sent to the starter and ends with it', async () => {
    programOf('process.stdin.pipe(process.stdout)');
    const start = project.start(['mcp']);
    start.child.stdin?.end('{"jsonrpc":"2.0"}\n');
    expect(await start.ending).toEqual({
      code: 0,
      signal: null,
      stdout: '{"jsonrpc":"2.0"}\n',
      stderr: '',
    });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('hears %s once', async (signal) => {
    programOf(
      'let heard = 0;',
      `process.on('${signal}', () => { heard += 1; setTimeout(() => process.exit(heard + 40), 100); });`,
      "process.stdout.write('ready');",
      'setInterval(() => undefined, 1000);',
    );
    const start = project.start(['serve']);
    await until(() => start.written().stdout === 'ready');
    start.child.kill(signal);
    expect(await start.ending).toMatchObject({ code: 41, signal: null });
  });

  it.skipIf(process.platform !== 'linux')('hears that its terminal was closed', async () => {
    programOf(
      "import { writeFileSync } from 'node:fs';",
      'const mark = (name) => writeFileSync(new URL(`../${name}`, import.meta.url), "");',
      "process.on('SIGHUP', () => { mark('heard'); process.exit(0); });",
      'setTimeout(() => process.exit(1), 60_000);',
      "mark('ready');",
    );
    const terminal = project.startInTerminal(['serve']);
    await until(() => project.has('ready'));
    terminal.kill('SIGKILL');
    await until(() => project.has('heard'));
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'killed by %s, the starter dies of it',
    async (signal) => {
      programOf(`process.kill(process.pid, '${signal}'); setInterval(() => undefined, 1000);`);
      expect(await project.run(['serve'])).toMatchObject({ code: null, signal });
    },
  );
});

describe('a tool under the starter', () => {
  it('is the script that its package names', async () => {
    programOf();
    project.write(
      'node_modules/tool/package.json',
      '{"name":"tool","bin":{"gauge":"./lib/g.mjs"}}',
    );
    project.write('node_modules/tool/lib/g.mjs', 'process.stdout.write(process.argv[2])');
    const ending = await project.run(['--exec', 'gauge', 'reading']);
    expect(ending).toMatchObject({ code: 0, stdout: 'reading' });
  });

  it('is found by the name of its package where that has one script', async () => {
    programOf();
    project.write('node_modules/tool/package.json', '{"name":"@scope/tool","bin":"t.mjs"}');
    project.write('node_modules/tool/t.mjs', "process.stdout.write('found')");
    expect(await project.run(['--exec', 'tool'])).toMatchObject({ code: 0, stdout: 'found' });
  });

  it('can be the pinned Node itself, which comes first on PATH', async () => {
    programOf();
    const script =
      "process.stdout.write(require('child_process').execSync('node -p process.version'))";
    const { stdout } = await project.run(['--exec', 'node', '-e', script]);
    expect(stdout.trim()).toBe(process.version);
  });

  it('that no package has is named', async () => {
    programOf();
    project.write('node_modules/tool/package.json', '{"name":"tool"}');
    const ending = await project.run(['--exec', 'gauge']);
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(ending.stderr).toBe('deltaring: no package of this project has a tool named gauge\n');
  });

  it('without a name is asked for', async () => {
    programOf();
    const ending = await project.run(['--exec']);
    expect(ending).toMatchObject({ code: 1 });
    expect(ending.stderr).toMatch(/--exec needs the name of a tool/);
  });
});
