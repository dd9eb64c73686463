/** Whatever the schemas of the tools let through, at their bounds and between them: the desk answers. */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { UnderlyingSymbol } from '../../src/engine/domain/underlying.ts';
import { TOOLS } from '../../src/mcp/catalog.ts';
import { createFaceRoom, Face } from '../../src/mcp/face.ts';
import type { Tool } from '../../src/mcp/tool.ts';
import { cardMeta } from '../../src/mcp/trade-card-app.ts';
import { DeskRig, TRADER } from '../support/desk-rig.ts';
import { ALL_SETTINGS } from './support/connected-client.ts';
import { doorOf } from './support/desk-door.ts';

const RUNS = 500;

/** What is asked of the account reader, of records on disk or of another thread. */
const NOT_OF_THE_DESK: readonly string[] = ['account', 'research', 'chatgpt'];
const ELSEWHERE: readonly string[] = ['risk_metrics', 'confirm_trade'];
const OF_THE_DESK = TOOLS.filter(
  ({ name, toolset }) => !NOT_OF_THE_DESK.includes(toolset) && !ELSEWHERE.includes(name),
);

const propertyShape = z.object({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
});
type Property = z.infer<typeof propertyShape>;

const LEAST_ABOVE = 1e-9;

/** The bounds themselves, what traders ask for, and numbers between. */
function numberOf(property: Property): fc.Arbitrary<number> {
  const above = property.exclusiveMinimum;
  const min = above === undefined ? (property.minimum ?? -Number.MAX_VALUE) : above + LEAST_ABOVE;
  const max = property.maximum ?? Number.MAX_VALUE;
  const usual = [1, 5, 10, 30, 99, -30].filter((value) => value >= min && value <= max);
  const between =
    property.type === 'integer' ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true });
  return fc.oneof(fc.constantFrom(min, max), fc.constantFrom(min, ...usual), between);
}

function fieldOf(property: Property, names: readonly string[]): fc.Arbitrary<unknown> {
  if (property.enum !== undefined) return fc.constantFrom(...property.enum);
  if (property.type === 'boolean') return fc.boolean();
  if (property.type === 'integer' || property.type === 'number') return numberOf(property);
  return fc.constantFrom(...names);
}

/** Legs of one action and quantity, which are an order, and any others. */
function legsOf(symbols: readonly string[]): fc.Arbitrary<unknown> {
  const symbol = fc.constantFrom(...symbols);
  const action = fc.constantFrom('bto', 'sto', 'btc', 'stc');
  const quantity = fc.constantFrom(1, 2, 1_000);
  const alike = fc.record({ names: fc.uniqueArray(symbol, { maxLength: 4 }), action, quantity });
  const any = fc.array(fc.record({ symbol, action, quantity }), { minLength: 1, maxLength: 4 });
  const of = alike.map(({ names, ...rest }) => names.map((name) => ({ symbol: name, ...rest })));
  return fc.oneof(of, any);
}

/** Arguments of a tool, each of them there or left out. */
function argumentsOf(tool: Tool, rig: DeskRig): fc.Arbitrary<Record<string, unknown>> {
  const { chain } = rig.desk.context;
  const middle = Math.floor(chain.contractCount / 4);
  const rows = [middle, middle + 1, 3 * middle, 3 * middle + 1, chain.contractCount - 1];
  const symbols = [...rows.map((row) => chain.symbolOf(row) ?? ''), rig.spec.symbol];
  const held = rig.positions().flatMap(({ positionId }) => positionId);
  const names = [...symbols, ...held, ...rig.orders().map(({ intent }) => intent.intentId), 'x'];
  const schema = z.toJSONSchema(tool.input, { io: 'input' });
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const value = name === 'legs' ? legsOf(symbols) : fieldOf(propertyShape.parse(property), names);
    return [name, fc.option(value, { nil: undefined, freq: 2 })] as const;
  });
  return fc.record(Object.fromEntries(fields)).map((args) => {
    const { symbol, action, confirm_token: _token, ...rest } = args;
    return 'legs' in args && args['legs'] !== undefined ? rest : { ...rest, symbol, action };
  });
}

/** A condor that is held, or works where nobody fills it, at a desk behind a face. */
function stage(underlying: UnderlyingSymbol) {
  const rig = new DeskRig({ underlying });
  rig.execute(rig.preview());
  const api = doorOf(rig);
  const room = createFaceRoom(api, ALL_SETTINGS);
  onTestFinished(() => {
    room.close();
    api.close();
  });
  return { rig, room, face: new Face(room, TRADER) };
}

describe.each<UnderlyingSymbol>(['SPY', 'SPX'])('with %s', (underlying) => {
  it.each(OF_THE_DESK.map((tool) => [tool.name, tool] as const))(
    '%s is answered, whatever its arguments',
    async (_name, tool) => {
      const { rig, room, face } = stage(underlying);
      await fc.assert(
        fc.asyncProperty(argumentsOf(tool, rig), async (args) => {
          const result = await face.call(tool, args);
          cardMeta(room.api, result, (purpose) => face.redeemer(purpose, undefined));
          // A token is chance, and may spell anything.
          const told = result.text.replaceAll(/confirm_token \S+/g, '');
          expect(told).not.toMatch(/NaN|Infinity/);
        }),
        { numRuns: RUNS },
      );
    },
  );
});
