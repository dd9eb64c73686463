import { describe, expect, it } from 'vitest';
import {
  facesUseTheDoor,
  importsGoDownward,
  machinesDoNoIo,
  noBarrels,
  noCycles,
  noDeadModules,
  oneImportALine,
  onlyRiskApproves,
  typesStayTypes,
} from './tidy-import-rules.ts';
import { plant } from './tidy-source.ts';

describe('the import rules find', () => {
  const importing = (path: string, statement: string) => [plant(path, statement)];

  it.each([
    ['engine', 'src/engine/chain/a.ts', '../../desk/step.ts'],
    ['ops', 'src/ops/a.ts', '../engine/ring/ring-writer.ts'],
    ['the simulator', 'src/sim/model/a.ts', '../../engine/pricing/black.ts'],
    ['strategies', 'src/strategies/a.ts', '../risk/limits.ts'],
    ['a broker', 'src/broker/paper/a.ts', '../../audit/journal.ts'],
    ['mcp', 'src/mcp/tools/a.ts', '../../risk/limits.ts'],
    ['mcp', 'src/mcp/a.ts', '../broker/order-gateway.ts'],
    ['web', 'src/web/a.ts', '../engine/feed/feed-handler.ts'],
    ['the configuration', 'src/config.ts', './main.ts'],
  ])('an import of %s that goes up or across', (_name, path, specifier) => {
    for (const clause of ['{ x }', 'type { X }', '* as all', 'x']) {
      const found = importsGoDownward(importing(path, `import ${clause} from '${specifier}';`));
      expect(found).toEqual([expect.stringMatching(/^src\/.*:1 imports src\/.* may import /)]);
    }
  });

  it('an import over several lines, a bare one, a dynamic one and a re-export', () => {
    const file = plant(
      'src/ops/a.ts',
      "import '../desk/a.ts';",
      'import {',
      '  one,',
      '  two,',
      "} from '../desk/b.ts';",
      "const lazy = () => import('../desk/c.ts');",
      "export { d } from '../desk/d.ts';",
    );
    expect(importsGoDownward([file]).map((fault) => fault.split(' ')[0])).toEqual([
      'src/ops/a.ts:1',
      'src/ops/a.ts:2',
      'src/ops/a.ts:6',
      'src/ops/a.ts:7',
    ]);
  });

  it('no fault in imports downward, within a room, and of packages', () => {
    const file = plant(
      'src/risk/a.ts',
      "import { assert } from '../engine/domain/assert.ts';",
      "import { b } from './b.ts';",
      "import { z } from 'zod';",
      "// import { x } from '../mcp/x.ts';",
    );
    expect(importsGoDownward([file])).toEqual([]);
  });

  it('a folder that is no room', () => {
    const file = plant('src/extras/a.ts', "import { b } from './b.ts';");
    expect(importsGoDownward([file])).toEqual([expect.stringContaining('is in no room')]);
  });

  it('an import of code where types alone are allowed', () => {
    const path = 'src/mcp/a.ts';
    const code = importing(path, "import { read } from '../engine/chain/chain-reader.ts';");
    const types = importing(path, "import type { Read } from '../engine/chain/chain-reader.ts';");
    const inline = importing(path, "import { type Read } from '../engine/chain/chain-reader.ts';");
    expect(typesStayTypes(code)).toEqual([expect.stringContaining('use import type')]);
    expect([...typesStayTypes(types), ...typesStayTypes(inline)]).toEqual([]);
  });

  it('a face that goes round the door', () => {
    for (const face of ['mcp', 'web']) {
      const round = importing(`src/${face}/a.ts`, "import type { S } from '../desk/step.ts';");
      const door = importing(`src/${face}/a.ts`, "import type { E } from '../desk/engine-api.ts';");
      const part = importing(
        `src/${face}/a.ts`,
        "import { E } from '../desk/engine-api-views.ts';",
      );
      expect(facesUseTheDoor(round)).toEqual([expect.stringContaining('go through')]);
      expect([...facesUseTheDoor(door), ...facesUseTheDoor(part)]).toEqual([]);
    }
  });

  it('an approval outside risk, under any name', () => {
    for (const clause of [
      '{ approve }',
      '{ approve as yes }',
      '{ ApprovedOrder }',
      '* as witness',
    ]) {
      const statement = `import ${clause} from '../broker/approved-order.ts';`;
      const outside = importing('src/desk/a.ts', statement);
      expect(onlyRiskApproves(outside)).toEqual([expect.stringContaining('only src/risk')]);
      expect(onlyRiskApproves(importing('src/risk/gate.ts', statement))).toEqual([]);
    }
    const inBroker = importing('src/broker/a.ts', "import { approve } from './approved-order.ts';");
    expect(onlyRiskApproves(inBroker)).toHaveLength(1);
    const type = "import type { ApprovedOrder } from '../broker/approved-order.ts';";
    expect(onlyRiskApproves(importing('src/desk/a.ts', type))).toEqual([]);
  });

  it('a socket, file or timer in a state machine, but not in its shell', () => {
    for (const name of ['node:net', 'node:fs/promises', 'node:timers/promises', 'ws', 'piscina']) {
      const statement = `import { x } from '${name}';`;
      expect(machinesDoNoIo(importing('src/broker/a.ts', statement))).toHaveLength(1);
      expect(machinesDoNoIo(importing('src/desk/core-shell.ts', statement))).toEqual([]);
      expect(machinesDoNoIo(importing('src/desk/core-worker.ts', statement))).toEqual([]);
      expect(machinesDoNoIo(importing('src/web/a.ts', statement))).toEqual([]);
    }
    expect(machinesDoNoIo(importing('src/risk/a.ts', "import { z } from 'zod';"))).toEqual([]);
  });

  it('a barrel by name and by deed', () => {
    expect(noBarrels([plant('src/ops/index.ts', 'export const a = 1;')])).toHaveLength(1);
    for (const clause of ['*', '{ b }', 'type { B }', '* as b']) {
      const file = plant('src/ops/a.ts', `export ${clause} from './b.ts';`);
      expect(noBarrels([file])).toEqual([expect.stringContaining('re-exports ./b.ts')]);
    }
    expect(noBarrels([plant('src/ops/a.ts', "import { b } from './b.ts';")])).toEqual([]);
  });

  it('two import statements on a line', () => {
    const two = plant('src/ops/a.ts', "import { b } from './b.ts'; import { c } from './c.ts';");
    expect(oneImportALine([two])).toEqual([expect.stringMatching(/^src\/ops\/a\.ts:1 /)]);
    const one = plant('src/ops/a.ts', "import { b } from './b.ts';", "const d = import('./d.ts');");
    expect(oneImportALine([one])).toEqual([]);
  });

  it('a cycle, of types too, and of one file with itself', () => {
    const ring = [
      plant('src/ops/a.ts', "import { b } from './b.ts';"),
      plant('src/ops/b.ts', "import type { C } from './c.ts';"),
      plant('src/ops/c.ts', "import type { A } from './a.ts';"),
    ];
    expect(noCycles(ring)).toEqual([
      expect.stringMatching(
        /^src\/ops\/a\.ts → src\/ops\/b\.ts → src\/ops\/c\.ts → src\/ops\/a\.ts/,
      ),
    ]);
    expect(noCycles([plant('src/ops/a.ts', "import { a } from './a.ts';")])).toHaveLength(1);
    expect(noCycles(ring.slice(0, 2))).toEqual([]);
  });

  it('a dead module, and two that only hold each other', () => {
    const live = [
      plant('src/main.ts', "import { a } from './ops/a.ts';"),
      plant('src/ops/a.ts', "const url = new URL('./pool.ts', import.meta.url);"),
      plant('src/ops/pool.ts', 'export const pool = 1;'),
      plant('src/ops/b.ts', "import { c } from './c.ts';"),
      plant('src/ops/c.ts', "import { b } from './b.ts';"),
    ];
    expect(noDeadModules(live).map((fault) => fault.split(' ')[0])).toEqual([
      'src/ops/b.ts',
      'src/ops/c.ts',
    ]);
  });

  it('a worker that nobody starts, but takes one that is named as alive with all it uses', () => {
    const worker = plant('src/desk/core-worker.ts', "import { a } from './a.ts';");
    const used = plant('src/desk/a.ts', 'export const a = 1;');
    const idle = plant('src/main.ts', 'export const main = 1;');
    const starts = plant('src/main.ts', "start('./desk/core-worker.ts');");
    expect(noDeadModules([worker, used, idle])).toHaveLength(2);
    expect(noDeadModules([worker, used, starts])).toEqual([]);
  });
});
