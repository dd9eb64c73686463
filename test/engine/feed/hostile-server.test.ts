import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANNOUNCED, ClientRig, OPEN_MILLIS, SERVER_SETUP } from '../../support/feed/client-rig.ts';

const SUBSCRIPTIONS = [
  { type: 'Quote', symbol: 'SPY' },
  { type: 'Candle', symbol: 'SPY{=m}', fromTimeMillis: OPEN_MILLIS },
  { type: 'TimeAndSale', symbol: 'SPY' },
] as const;

const types = fc.constantFrom(
  'SETUP',
  'AUTH_STATE',
  'AUTH',
  'KEEPALIVE',
  'ERROR',
  'CHANNEL_REQUEST',
  'CHANNEL_OPENED',
  'CHANNEL_CLOSED',
  'CHANNEL_CANCEL',
  'FEED_SETUP',
  'FEED_CONFIG',
  'FEED_DATA',
  'x',
);
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>('NaN', '__proto__', 'Quote', 'Candle', 1, 3, 0, -1, 1e308, null),
);
const row = fc.array(
  fc.oneof(
    odd,
    fc.constantFrom<unknown>('SPY', 'SPY{=m}', 4, 8, 10, OPEN_MILLIS, 2_147_483_648_000),
  ),
  { maxLength: 24 },
);
const message = fc.record(
  {
    type: fc.oneof(types, odd),
    channel: fc.oneof(fc.constantFrom(0, 1, 3), odd),
    state: fc.oneof(fc.constantFrom('AUTHORIZED', 'UNAUTHORIZED'), odd),
    error: odd,
    message: fc.oneof(fc.constantFrom('rate is too high', 'Session not found: api'), odd),
    keepaliveTimeout: odd,
    acceptKeepaliveTimeout: odd,
    dataFormat: fc.oneof(fc.constantFrom('FULL', 'COMPACT'), odd),
    eventFields: fc.oneof(fc.constant(ANNOUNCED), odd),
    data: fc.oneof(
      fc.tuple(fc.constantFrom(...Object.keys(ANNOUNCED)), row),
      fc.array(fc.dictionary(fc.constantFrom('eventType', 'eventSymbol', 'time'), odd)),
      odd,
    ),
  },
  { requiredKeys: ['type'] },
);

describe('a hostile server', () => {
  it('cannot make the client throw, spin or forget its timers, whatever it sends', () => {
    const frame = fc.oneof(
      message.map((value) => JSON.stringify(value)),
      fc.string(),
      fc.json(),
    );
    const step = fc.record({ frame, waitMillis: fc.constantFrom(0, 1, 50, 12_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, isOpen) => {
        const rig = isOpen ? ClientRig.opened(...SUBSCRIPTIONS) : new ClientRig();
        if (!isOpen) {
          rig.start();
          rig.token();
          rig.socketOpens();
        }
        for (const { frame: text, waitMillis } of steps) {
          rig.says(text);
          const wakes = 200;
          rig.pass(waitMillis, wakes);
          for (const effect of rig.take()) {
            if (effect.kind === 'tokenRequest') rig.token();
            if (effect.kind === 'socketOpen') rig.socketOpens();
          }
          expect(rig.client.nextWake()).toBeGreaterThan(rig.at.wall);
        }
        for (const call of rig.handler.calls)
          expect(numbersIn(call).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('is survived deep inside nested data', () => {
    const rig = ClientRig.opened();
    const depth = 100_000;
    rig.says(`{"type":"FEED_DATA","channel":1,"data":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    rig.says(`{"type":"FEED_DATA","channel":1,"data":${'['.repeat(depth)}`);
    expect(rig.status.state).toBe('open');
    expect(rig.status.errors).toMatchObject({ malformedFrame: 1 });
  });

  it('asks for a new announcement when rows do not fit, but not more than once in 10 s', () => {
    const rig = ClientRig.opened({ type: 'Quote', symbol: 'SPY' });
    rig.pass(10_000);
    rig.take();
    for (let i = 0; i < 5; i += 1) rig.data(1, 'Quote', ['SPY', 1, 2, 3]);
    expect(rig.takeFrames()).toMatchObject([{ type: 'FEED_SETUP', channel: 1 }]);
    rig.pass(10_000);
    rig.data(1, 'Quote', ['SPY', 1, 2, 3]);
    expect(rig.takeFrames()).toMatchObject([{ type: 'FEED_SETUP', channel: 1 }]);
    expect(rig.status.errors).toEqual({ rowLength: 6 });
  });

  it('ends each frame of data with one call, a broken one too', () => {
    const rig = ClientRig.opened();
    rig.handler.calls = [];
    rig.data(1, 'Quote', ['SPY', 1, 2, 3, 4], 'Quote', ['SPY', 1]);
    rig.data(1);
    rig.says(SERVER_SETUP);
    expect(rig.handler.calls.map(([name]) => name)).toEqual(['quote', 'batchEnd', 'batchEnd']);
  });
});

/** Every number in a handler's arguments. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}
