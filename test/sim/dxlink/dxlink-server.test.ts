import { afterEach, describe, expect, it } from 'vitest';
import type { SimOptions } from '../../../src/sim/sim-options.ts';
import type { Frame, TestSim } from '../sim-under-test.ts';
import {
  authorized,
  connect,
  isData,
  isType,
  OPEN_MILLIS,
  openFeed,
  passTalking,
  quoteToken,
  SETUP,
  startTestSim,
} from '../sim-under-test.ts';

const running: TestSim[] = [];

async function start(options: Partial<SimOptions> & { start?: string } = {}): Promise<TestSim> {
  const sim = await startTestSim(options);
  running.push(sim);
  return sim;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((sim) => sim.stop()));
});

const ATM_CALL = '.SPY261120C560';
const QUOTE_FIELDS = ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'];
const quotes = (...symbols: string[]) => symbols.map((symbol) => ({ type: 'Quote', symbol }));
const dataOf = (frame: Frame) => frame['data'] as [string, (string | number)[]];

describe('handshake', () => {
  it('answers SETUP with 60 seconds and a version, then a separate AUTH_STATE', async () => {
    const sim = await start();
    const client = await connect(sim.dxlinkUrl);
    client.send(SETUP);
    await client.until(isType('AUTH_STATE'));
    expect(client.frames).toEqual([
      {
        type: 'SETUP',
        channel: 0,
        keepaliveTimeout: 60,
        acceptKeepaliveTimeout: 60,
        version: expect.stringMatching(/^1\.0-/),
      },
      { type: 'AUTH_STATE', channel: 0, state: 'UNAUTHORIZED' },
    ]);
  });

  it('names the user when a token is good', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const state = await client.until((frame) => frame['state'] === 'AUTHORIZED');
    expect(state['userId']).toMatch(/^sim-user-/);
  });

  it('refuses an early AUTH with the real text and stays unauthorized', async () => {
    const sim = await start();
    const token = await quoteToken(sim);
    const client = await connect(sim.dxlinkUrl);
    client.send(SETUP);
    client.send({ type: 'AUTH', channel: 0, token });
    await client.until(isType('AUTH_STATE'));
    const error = await client.until(isType('ERROR'));
    expect(error['message']).toContain('AuthException: Session not found: api');
    client.send({ type: 'CHANNEL_REQUEST', channel: 1, service: 'FEED', parameters: {} });
    const refusal = await client.until((frame) => frame.channel === 1);
    expect(refusal).toMatchObject({ type: 'ERROR', error: 'UNAUTHORIZED' });
  });

  it('takes an early AUTH when it is not strict', async () => {
    const sim = await start({ knobs: { strictAuth: false } });
    const token = await quoteToken(sim);
    const client = await connect(sim.dxlinkUrl);
    client.send(SETUP);
    client.send({ type: 'AUTH', channel: 0, token });
    await client.until((frame) => frame['state'] === 'AUTHORIZED');
    expect(client.frames.map((frame) => frame['state'] ?? frame.type)).toEqual([
      'SETUP',
      'UNAUTHORIZED',
      'AUTHORIZED',
    ]);
  });

  it('refuses a wrong token and closes', async () => {
    const sim = await start();
    const client = await connect(sim.dxlinkUrl);
    client.send(SETUP);
    await client.until(isType('AUTH_STATE'));
    client.send({ type: 'AUTH', channel: 0, token: 'wrong' });
    const error = await client.until(isType('ERROR'));
    expect(error).toMatchObject({ error: 'UNAUTHORIZED', message: 'Authentication failed' });
    expect((await client.closed).code).toBe(1000);
  });

  it('takes five sessions of one customer and refuses the sixth', async () => {
    const sim = await start();
    for (let i = 0; i < 5; i += 1) await authorized(sim);
    const sixth = await connect(sim.dxlinkUrl);
    sixth.send(SETUP);
    await sixth.until(isType('AUTH_STATE'));
    sixth.send({ type: 'AUTH', channel: 0, token: await quoteToken(sim) });
    const error = await sixth.until(isType('ERROR'));
    expect(error['message']).toBe('The number of user sessions has exceeded the configured limit');
    await sixth.closed;
  });

  it('calls what it cannot read an invalid message, and goes on', async () => {
    const sim = await start();
    const client = await connect(sim.dxlinkUrl);
    client.send('{"no');
    const error = await client.until(isType('ERROR'));
    expect(error['error']).toBe('INVALID_MESSAGE');
    client.send(SETUP);
    await client.until(isType('AUTH_STATE'));
  });
});

describe('keepalive', () => {
  it('says KEEPALIVE every 30 seconds', async () => {
    const sim = await start();
    const client = await authorized(sim);
    sim.pass(29.9);
    sim.pass(0.1);
    await client.until(isType('KEEPALIVE'));
    expect(client.frames.filter(isType('KEEPALIVE'))).toHaveLength(1);
  });

  it('closes with 1000 Bye after 60 seconds of silence, not before', async () => {
    const sim = await start();
    const client = await authorized(sim);
    sim.pass(60);
    await client.until(isType('KEEPALIVE'));
    const heard = client.frames.length;
    client.send({ type: 'CHANNEL_REQUEST', channel: 1, service: 'FEED', parameters: {} });
    await client.until(isType('CHANNEL_OPENED'), heard);
    sim.pass(60.1);
    expect(await client.closed).toEqual({ code: 1000, reason: 'Bye' });
  });

  it('holds a client to the shorter silence that the client itself asked for', async () => {
    const sim = await start();
    const client = await connect(sim.dxlinkUrl);
    client.send({ ...SETUP, keepaliveTimeout: 5 });
    await client.until(isType('AUTH_STATE'));
    sim.pass(5.1);
    expect(await client.closed).toEqual({ code: 1000, reason: 'Bye' });
  });
});

describe('configuration', () => {
  it('answers FEED_SETUP without field lists, then announces them type by type', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const add = [...quotes('SPY', ATM_CALL), { type: 'Greeks', symbol: ATM_CALL }];
    await openFeed(client, {
      fields: { Quote: QUOTE_FIELDS, Greeks: ['eventSymbol', 'delta'] },
      add,
    });
    await client.until(isData('Greeks'));
    const configs = client.frames.filter(isType('FEED_CONFIG'));
    expect(configs.map((config) => config['eventFields'])).toEqual([
      undefined,
      { Quote: QUOTE_FIELDS },
      { Greeks: ['eventSymbol', 'delta'] },
    ]);
    expect(client.frames.findIndex(isData('Quote'))).toBeGreaterThan(
      client.frames.findIndex((frame) => frame['eventFields'] !== undefined),
    );
  });

  it('says subFormat when a channel opens, and refuses a second opening', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, {});
    const opened = await client.until(isType('CHANNEL_OPENED'));
    expect(opened['parameters']).toEqual({ contract: 'AUTO', subFormat: 'LIST' });
    client.send({ type: 'CHANNEL_REQUEST', channel: 1, service: 'FEED', parameters: {} });
    const error = await client.until(isType('ERROR'));
    expect(error).toMatchObject({ channel: 1, error: 'BAD_ACTION' });
  });

  it('drops fields that it does not know, as VWAP, from the announced list', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const fields = { Candle: ['eventSymbol', 'VWAP', 'vwap', 'close'] };
    const add = [{ type: 'Candle', symbol: 'SPY{=m}', fromTime: OPEN_MILLIS }];
    await openFeed(client, { fields, add });
    const config = await client.until((frame) => frame['eventFields'] !== undefined);
    expect(config['eventFields']).toEqual({ Candle: ['eventSymbol', 'vwap', 'close'] });
  });

  it('announces all fields, the type first, where the client asked for none', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, { add: quotes('SPY') });
    const config = await client.until((frame) => frame['eventFields'] !== undefined);
    expect(config['eventFields']).toEqual({
      Quote: (
        'eventType eventSymbol eventTime sequence timeNanoPart bidTime bidExchangeCode bidPrice ' +
        'bidSize askTime askExchangeCode askPrice askSize'
      ).split(' '),
    });
    const data = dataOf(await client.until(isData('Quote')));
    expect(data[1].slice(0, 6)).toEqual(['Quote', 'SPY', 0, 0, 0, 0]);
  });

  it('takes NaN as a period, an empty add and reset false', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, { period: 'NaN' });
    client.send({ type: 'FEED_SUBSCRIPTION', channel: 1, reset: false, add: [] });
    client.send({ type: 'FEED_SUBSCRIPTION', channel: 1, reset: false, add: quotes('SPY') });
    await client.until(isData('Quote'));
    expect(client.frames.filter(isType('ERROR'))).toEqual([]);
  });

  it('writes FULL events with the type first when asked to', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, { format: 'FULL', add: quotes('SPY') });
    await client.until(isType('FEED_DATA'));
    const text = client.texts.find((each) => each.includes('FEED_DATA')) ?? '';
    expect(text).toMatch(/^\{"type":"FEED_DATA","channel":1,"data":\[\{"eventType":"Quote",/);
    expect(text).toContain('"bidTime":0,');
  });
});

describe('data', () => {
  it('puts type and channel first in every frame', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, { add: quotes('SPY', ATM_CALL) });
    await client.until(isData('Quote'));
    sim.pass(31);
    await client.until(isType('KEEPALIVE'));
    for (const text of client.texts) expect(text).toMatch(/^\{"type":"[A-Z_]+","channel":\d+[,}]/);
  });

  it('sends the last value on subscription and one group of several events a frame', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const add = [...quotes('SPY', ATM_CALL, '.SPY261120P560'), { type: 'Trade', symbol: 'SPY' }];
    await openFeed(client, { fields: { Quote: QUOTE_FIELDS }, add });
    const quote = dataOf(await client.until(isData('Quote')));
    expect(quote).toHaveLength(2);
    expect(quote[1]).toHaveLength(3 * QUOTE_FIELDS.length);
    expect(dataOf(await client.until(isData('Trade')))).toHaveLength(2);
  });

  it('writes doubles as Java does: a point, an exponent from 1E7, NaN as text', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const fields = { Trade: ['eventSymbol', 'dayVolume'], Quote: QUOTE_FIELDS };
    const add = [{ type: 'Trade', symbol: 'SPY' }, ...quotes('.SPY261120P490')];
    await openFeed(client, { fields, add });
    await client.until(isData('Quote'));
    await client.until(isData('Trade'));
    const all = client.texts.join('\n');
    expect(all).toMatch(/\["SPY",1\.\d+E7\]/);
    expect(all).toMatch(/\[".SPY261120P490",0\.0,0\.01,"NaN",\d+\.0\]/);
  });

  it('writes the index as a whole 64-bit number of seconds, millisecond and sequence', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const fields = { Greeks: ['eventSymbol', 'index', 'time'] };
    await openFeed(client, { fields, add: [{ type: 'Greeks', symbol: ATM_CALL }] });
    await client.until(isData('Greeks'));
    const text = client.texts.find((each) => each.includes('"data":["Greeks"')) ?? '';
    const [, index = '0', time = '0'] = /C560",(\d+),(\d+)\]/.exec(text) ?? [];
    expect(BigInt(index) >> 32n).toBe(BigInt(time) / 1_000n);
    expect((BigInt(index) >> 22n) & 1_023n).toBe(BigInt(time) % 1_000n);
  });

  it('is silent about symbols and types that it does not have', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const strange = [
      ...quotes('.SPY261120C999999', 'NOSUCH'),
      { type: 'TheoPrice', symbol: ATM_CALL },
      { type: 'Candle', symbol: 'QQQ{=m}', fromTime: OPEN_MILLIS },
    ];
    await openFeed(client, { add: [...strange, { type: 'Trade', symbol: 'SPY' }] });
    await client.until(isData('Trade'));
    sim.pass(1);
    expect(client.frames.filter(isType('ERROR'))).toEqual([]);
    expect(client.texts.join('')).not.toMatch(/"data":\["(Quote|TheoPrice|Candle)/);
  });

  it('conflates: one quote a period however often it changed', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, { fields: { Quote: QUOTE_FIELDS }, period: 10, add: quotes('SPY') });
    await client.until(isData('Quote'));
    for (let i = 0; i < 36; i += 1) sim.pass(0.25);
    sim.pass(1.5);
    await client.until(isData('Quote'), client.frames.findIndex(isData('Quote')) + 1);
    expect(client.frames.filter(isData('Quote'))).toHaveLength(2);
  });

  it('sends every print to those who subscribe to TimeAndSale', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const fields = { TimeAndSale: ['eventSymbol', 'time', 'size'], Trade: ['dayVolume'] };
    const both = ['TimeAndSale', 'Trade'].map((type) => ({ type, symbol: 'SPY' }));
    await openFeed(client, { fields, period: 10, add: both });
    const before = dataOf(await client.until(isData('Trade')))[1][0] as number;
    for (let i = 0; i < 41; i += 1) sim.pass(0.25);
    const sales = dataOf(await client.until(isData('TimeAndSale')))[1];
    const after = client.frames.filter(isData('Trade')).at(-1);
    expect(sales.length / 3).toBeGreaterThanOrEqual(40);
    const shares = sales.filter((_, i) => i % 3 === 2).reduce<number>((a, b) => a + Number(b), 0);
    expect(before + shares).toBe(after && dataOf(after)[1][0]);
  });

  it('stops sending what is removed and what a reset drops', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, { fields: { Quote: QUOTE_FIELDS }, add: quotes('SPY', ATM_CALL) });
    await client.until(isData('Quote'));
    const reset = { type: 'FEED_SUBSCRIPTION', channel: 1, reset: true, add: quotes(ATM_CALL) };
    client.send(reset);
    client.send({ type: 'FEED_SUBSCRIPTION', channel: 1, remove: quotes(ATM_CALL) });
    client.send({ type: 'CHANNEL_REQUEST', channel: 3, service: 'FEED', parameters: {} });
    await client.until((frame) => frame.channel === 3);
    const from = client.frames.length;
    for (let i = 0; i < 20; i += 1) sim.pass(1);
    client.send({ type: 'CHANNEL_CANCEL', channel: 3 });
    await client.until(isType('CHANNEL_CLOSED'), from);
    expect(client.frames.slice(from).filter(isType('FEED_DATA'))).toEqual([]);
  });

  it('opens the next session with its own contracts', async () => {
    const sim = await start({ start: '17:34' });
    const client = await authorized(sim);
    const add = quotes(ATM_CALL, '.SPY261123C560');
    await openFeed(client, { fields: { Quote: ['eventSymbol', 'askPrice'] }, add });
    await client.until(isData('Quote'));
    await passTalking(sim, client, 60 + 5 * 60 + 1);
    const frame = await client.until((each) => JSON.stringify(each).includes('.SPY261123C560'));
    expect(isData('Quote')(frame)).toBe(true);
  });
});

describe('candles', () => {
  const fields = { Candle: ['eventSymbol', 'eventFlags', 'time', 'open', 'close', 'volume'] };
  const candles = (symbol: string, fromTime?: number) => [{ type: 'Candle', symbol, fromTime }];

  function rowsOf(frames: readonly Frame[]): (string | number)[][] {
    const flat = frames.filter(isData('Candle')).flatMap((frame) => dataOf(frame)[1]);
    return Array.from({ length: flat.length / 6 }, (_, i) => flat.slice(6 * i, 6 * i + 6));
  }

  it('sends a descending snapshot in several frames: flags 4, zeros, a marker of 10', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, { fields, add: candles('SPY{=1m,tho=true}', OPEN_MILLIS) });
    await client.until((frame) => isData('Candle')(frame) && dataOf(frame)[1].includes(10));
    const rows = rowsOf(client.frames);
    const end = rows.findIndex((row) => row[1] === 10);
    const snapshot = rows.slice(0, end + 1);
    expect(client.frames.filter(isData('Candle')).length).toBeGreaterThan(1);
    expect(snapshot.map((row) => row[1])).toEqual([4, ...Array(60).fill(0), 10]);
    expect(snapshot.map((row) => row[2])).toEqual([
      ...Array.from({ length: 61 }, (_, i) => OPEN_MILLIS + (60 - i) * 60_000),
      OPEN_MILLIS,
    ]);
    expect(snapshot.at(-1)?.slice(3)).toEqual(['NaN', 'NaN', 'NaN']);
    expect(new Set(snapshot.map((row) => row[0]))).toEqual(new Set(['SPY{=m,tho=true}']));
  });

  it('goes on with the live bar under its canonical name, and then the next one', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, { fields, add: candles('SPY{=1m}') });
    await client.until(isData('Candle'));
    await passTalking(sim, client, 60.5);
    const next = OPEN_MILLIS + 61 * 60_000;
    await client.until((frame) => isData('Candle')(frame) && dataOf(frame)[1].includes(next));
    const rows = rowsOf(client.frames);
    expect(rows.every((row) => row[0] === 'SPY{=m}' && row[1] === 0)).toBe(true);
    const times = rows.map((row) => Number(row[2]));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const closedBar = rows.filter((row) => row[2] === next - 60_000).at(-1);
    const again = await authorized(sim);
    await openFeed(again, { fields, add: candles('SPY{=m}', next - 60_000) });
    await again.until((frame) => isData('Candle')(frame) && dataOf(frame)[1].includes(10));
    const stored = rowsOf(again.frames).find((row) => row[2] === next - 60_000);
    expect(stored?.slice(2)).toEqual(closedBar?.slice(2));
  });

  it('answers a snapshot of nothing with one row that begins, ends and removes', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const later = OPEN_MILLIS + 20 * 3_600_000;
    await openFeed(client, { fields, add: candles('SPY{=m,tho=true}', later) });
    const data = dataOf(await client.until(isData('Candle')));
    expect(data[1]).toEqual(['SPY{=m,tho=true}', 14, later, 'NaN', 'NaN', 'NaN']);
  });

  it('has bars of five minutes and of the session before', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const yesterday = OPEN_MILLIS - 24 * 3_600_000;
    await openFeed(client, { fields, add: candles('SPY{=5m,tho=true}', yesterday) });
    await client.until((frame) => isData('Candle')(frame) && dataOf(frame)[1].includes(10));
    const rows = rowsOf(client.frames);
    expect(rows).toHaveLength(78 + 13 + 1);
  });
});

describe('limits', () => {
  const many = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => ({ type: 'Quote', symbol: `S${from + i}` }));

  it('takes 10,000 changes in a minute and refuses the next with the real text', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, {});
    const subscribe = (count: number, from: number) =>
      client.send({ type: 'FEED_SUBSCRIPTION', channel: 1, add: many(count, from) });
    for (let i = 0; i < 20; i += 1) subscribe(500, 500 * i);
    subscribe(1, 10_000);
    const error = await client.until(isType('ERROR'));
    expect(error).toMatchObject({
      channel: 1,
      error: 'BAD_ACTION',
      message: 'Your subscription rate is too high',
    });
    expect(client.frames.filter(isType('ERROR'))).toHaveLength(1);
  });

  it('takes 25,000 subscriptions and refuses one more with the real text', async () => {
    const sim = await start();
    const client = await authorized(sim);
    await openFeed(client, {});
    for (let i = 0; i < 50; i += 1) {
      if (i % 20 === 0) await passTalking(sim, client, 61);
      client.send({ type: 'FEED_SUBSCRIPTION', channel: 1, add: many(500, 500 * i) });
    }
    expect(client.frames.filter(isType('ERROR'))).toEqual([]);
    await passTalking(sim, client, 61);
    client.send({ type: 'FEED_SUBSCRIPTION', channel: 1, add: many(1, 30_000) });
    const error = await client.until((frame) => frame.type === 'ERROR' && frame.channel === 1);
    expect(error['message']).toBe('Your subscription size is too big');
  });

  it('takes 100 candles and refuses the next', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const candle = (i: number) => ({ type: 'Candle', symbol: `SPY{=${i}m}`, fromTime: 0 });
    const hundred = Array.from({ length: 100 }, (_, i) => candle(i + 2));
    await openFeed(client, { add: hundred });
    client.send({ type: 'FEED_SUBSCRIPTION', channel: 1, add: [candle(200)] });
    const error = await client.until(isType('ERROR'));
    expect(error['message']).toContain("subscription size for event type 'Candle' is too big");
  });

  it('closes with 1009 on a frame above 64 KiB, and takes one just below', async () => {
    const sim = await start();
    const client = await authorized(sim);
    const padded = (bytes: number) => {
      const empty = JSON.stringify({ type: 'KEEPALIVE', channel: 0, pad: '' }).length;
      return { type: 'KEEPALIVE', channel: 0, pad: 'x'.repeat(bytes - empty) };
    };
    client.send(padded(65_536));
    client.send({ type: 'CHANNEL_REQUEST', channel: 1, service: 'FEED', parameters: {} });
    await client.until(isType('CHANNEL_OPENED'));
    client.send(padded(65_537));
    expect((await client.closed).code).toBe(1009);
  });
});
