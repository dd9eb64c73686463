import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Frame, TestClient, TestSim } from '../sim-under-test.ts';
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

afterEach(async () => {
  await Promise.all(running.splice(0).map((sim) => sim.stop()));
});

const CALL = '.SPY261120C560';
const FIELDS = {
  Quote: ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'],
  Greeks: ['eventSymbol', 'time', 'delta'],
  Candle: ['eventSymbol', 'time', 'close'],
  TimeAndSale: ['eventSymbol', 'time', 'sequence', 'price', 'size'],
};
const PRINT_FIELDS = 5;
const dataOf = (frame: Frame) => frame['data'] as [string, (string | number)[]];

async function feed(add: readonly object[]): Promise<{ sim: TestSim; client: TestClient }> {
  const sim = await startTestSim();
  running.push(sim);
  const client = await authorized(sim);
  await openFeed(client, { fields: FIELDS, add });
  await client.until(isType('FEED_DATA'));
  return { sim, client };
}

const quote = (symbol: string) => ({ type: 'Quote', symbol });
const quotesOf40 = Array.from({ length: 40 }, (_, i) => quote(`.SPY261120C${530 + i}`));

/** Rows of five, of the frames of a type from a place on. */
function rows(client: TestClient, from: number): (string | number)[][] {
  const flat = client.frames
    .slice(from)
    .filter(isData('Quote'))
    .flatMap((f) => dataOf(f)[1]);
  return Array.from({ length: flat.length / 5 }, (_, i) => flat.slice(5 * i, 5 * i + 5));
}

/** Waits until the server has answered everything sent before. */
async function settle(client: TestClient): Promise<void> {
  const from = client.frames.length;
  client.send(SETUP);
  await client.until(isType('SETUP'), from);
}

describe('knobs', () => {
  it('tokenExpired: says so, falls silent, and takes a new token on the same socket', async () => {
    const { sim, client } = await feed([quote('SPY')]);
    const from = client.frames.length;
    sim.control({ tokenExpired: true });
    const error = await client.until(isType('ERROR'));
    expect(error['message']).toBe(
      'Your authentication token has expired, reauthentication is required',
    );
    await client.until((frame) => frame['state'] === 'UNAUTHORIZED', from);
    sim.pass(5);
    await settle(client);
    expect(client.frames.slice(from).some(isType('FEED_DATA'))).toBe(false);
    client.send({ type: 'AUTH', channel: 0, token: await quoteToken(sim) });
    await client.until((frame) => frame['state'] === 'AUTHORIZED', from);
    sim.pass(1);
    await client.until(isType('FEED_DATA'), from);
  });

  it('tokenExpired: an old token is dead', async () => {
    const { sim } = await feed([quote('SPY')]);
    const old = await quoteToken(sim);
    sim.control({ tokenExpired: true });
    const client = await connect(sim.dxlinkUrl);
    client.send(SETUP);
    await client.until(isType('AUTH_STATE'));
    client.send({ type: 'AUTH', channel: 0, token: old });
    expect((await client.until(isType('ERROR')))['message']).toBe('Authentication failed');
  });

  it('zombie: the socket stays open and says nothing, past every timeout', async () => {
    const { sim, client } = await feed([quote('SPY')]);
    sim.control({ zombie: true });
    const from = client.frames.length;
    for (let i = 0; i < 5; i += 1) sim.pass(30);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(client.frames.length).toBe(from);
  });

  it('flipToFull: announces FULL and sends objects, and flips back', async () => {
    const { sim, client } = await feed([quote('SPY')]);
    sim.control({ flipToFull: true });
    sim.pass(1);
    const config = await client.until((frame) => frame['dataFormat'] === 'FULL');
    expect(config['eventFields']).toBeUndefined();
    const full = (frame: Frame) =>
      frame.type === 'FEED_DATA' && typeof (frame['data'] as unknown[])[0] === 'object';
    const frame = await client.until(full);
    expect(frame['data']).toMatchObject([{ eventType: 'Quote', eventSymbol: 'SPY' }]);
    const from = client.frames.length;
    sim.control({ flipToFull: false });
    sim.pass(1);
    await client.until((each) => each['eventFields'] !== undefined, from);
    await client.until(isData('Quote'), from);
  });

  it('repeatFeedConfig: repeats the same configuration each second', async () => {
    const { sim, client } = await feed([quote('SPY')]);
    sim.control({ repeatFeedConfig: true });
    const from = client.frames.length;
    for (let i = 0; i < 3; i += 1) sim.pass(1);
    await settle(client);
    const repeats = client.frames.slice(from).filter(isType('FEED_CONFIG'));
    expect(repeats).toHaveLength(3);
    expect(repeats[0]?.['eventFields']).toEqual({ Quote: FIELDS.Quote });
  });

  it('dropField and reorderFields: announce the new list before the data in it', async () => {
    const { sim, client } = await feed([quote('SPY')]);
    const from = client.frames.length;
    sim.control({ dropField: 'Quote.bidSize', reorderFields: true });
    sim.pass(1);
    const config = await client.until(isType('FEED_CONFIG'), from);
    expect(config['eventFields']).toEqual({
      Quote: ['askSize', 'askPrice', 'bidPrice', 'eventSymbol'],
    });
    const data = dataOf(await client.until(isData('Quote'), from));
    expect(data[1][3]).toBe('SPY');
  });

  it('multiGroup: several types share a frame', async () => {
    const { sim, client } = await feed([quote(CALL), { type: 'Greeks', symbol: CALL }]);
    const from = client.frames.length;
    sim.control({ multiGroup: true });
    sim.pass(20);
    const frame = await client.until(isType('FEED_DATA'), from);
    const data = frame['data'] as unknown[];
    expect([data[0], data[2]]).toEqual(['Quote', 'Greeks']);
  });

  it('poisonCandle: adds a bar of 2038 with zero prices', async () => {
    const { sim, client } = await feed([
      { type: 'Candle', symbol: 'SPY{=m}', fromTime: OPEN_MILLIS },
    ]);
    sim.control({ poisonCandle: true });
    sim.pass(1);
    const isPoison = (frame: Frame) =>
      isData('Candle')(frame) && dataOf(frame)[1].includes(2_147_483_648_000);
    expect(dataOf(await client.until(isPoison))[1].at(-1)).toBe(0);
  });

  it('crossedQuotes and oneSidedQuotes: spoil their share of option quotes', async () => {
    const { sim, client } = await feed(quotesOf40);
    const from = client.frames.length;
    sim.control({ crossedQuotes: 1 });
    sim.pass(20);
    await settle(client);
    const crossed = rows(client, from);
    expect(crossed.length).toBeGreaterThan(10);
    expect(crossed.every((row) => Number(row[1]) > Number(row[2]))).toBe(true);
    const next = client.frames.length;
    sim.control({ crossedQuotes: 0, oneSidedQuotes: 1 });
    sim.pass(20);
    await settle(client);
    const oneSided = rows(client, next);
    expect(oneSided.length).toBeGreaterThan(10);
    expect(oneSided.every((row) => (row[1] === 'NaN') !== (row[2] === 'NaN'))).toBe(true);
  });

  it('staleGreeks: sends the greeks of a contract only every twenty minutes', async () => {
    const { sim, client } = await feed([{ type: 'Greeks', symbol: CALL }]);
    sim.control({ staleGreeks: true });
    const count = () => client.frames.filter(isData('Greeks')).length;
    await passTalking(sim, client, 19 * 60);
    await settle(client);
    expect(count()).toBe(1);
    await passTalking(sim, client, 61);
    await client.until(isData('Greeks'), client.frames.findIndex(isData('Greeks')) + 1);
    expect(count()).toBe(2);
  });

  it('burst: adds about as many quotes a second as asked', async () => {
    const { sim, client } = await feed(quotesOf40);
    sim.control({ burst: 2_000 });
    sim.pass(0.001);
    await settle(client);
    const from = client.frames.length;
    sim.pass(1);
    await settle(client);
    expect(rows(client, from).length).toBeGreaterThanOrEqual(2_000);
    expect(rows(client, from).length).toBeLessThan(2_200);
  });

  it.each([50_000, 400_000])('load: sends about %d quotes a second', async (load) => {
    const { sim, client } = await feed(quotesOf40);
    sim.control({ load });
    sim.pass(0.001);
    await settle(client);
    const from = client.frames.length;
    sim.pass(0.1);
    sim.pass(0.1);
    await settle(client);
    const sent = rows(client, from);
    expect(sent.length).toBeGreaterThan(load * 0.19);
    expect(sent.length).toBeLessThan(load * 0.21);
    const sizes = sent.filter((row) => row[0] === '.SPY261120C560').map((row) => row[4]);
    expect(new Set(sizes).size).toBeGreaterThan(1);
  });

  it('summaryDelaySeconds: lets summaries trail behind everything else', async () => {
    const sim = await startTestSim({ knobs: { summaryDelaySeconds: 18 } });
    running.push(sim);
    const client = await authorized(sim);
    await openFeed(client, {
      fields: FIELDS,
      add: [quote(CALL), { type: 'Summary', symbol: CALL }],
    });
    await client.until(isData('Quote'));
    await passTalking(sim, client, 17);
    await settle(client);
    expect(client.frames.some(isData('Summary'))).toBe(false);
    await passTalking(sim, client, 2);
    await client.until(isData('Summary'));
  });

  it('untidySales: sends prints twice and out of order', async () => {
    const { sim, client } = await feed([{ type: 'TimeAndSale', symbol: 'SPY' }, quote('SPY')]);
    const from = client.frames.length;
    sim.control({ untidySales: true });
    for (let i = 0; i < 20; i += 1) sim.pass(1);
    await settle(client);
    const prints = client.frames
      .slice(from)
      .filter(isData('TimeAndSale'))
      .map((frame) => dataOf(frame)[1])
      .filter((flat) => flat.length % (4 * PRINT_FIELDS) === 0);
    expect(prints.length).toBeGreaterThan(0);
    for (const flat of prints) {
      const [first, second, third, fourth] = [0, 1, 2, 3].map((i) =>
        JSON.stringify(flat.slice(i * PRINT_FIELDS, (i + 1) * PRINT_FIELDS)),
      );
      expect([first, second]).toEqual([fourth, third]);
    }
  });

  it('pongDelayMillis: answers a ping late', async () => {
    const { sim } = await feed([quote('SPY')]);
    sim.control({ pongDelayMillis: 80 });
    const socket = new WebSocket(sim.dxlinkUrl);
    await new Promise((resolve) => socket.once('open', resolve));
    const asked = performance.now();
    const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(String(data))));
    socket.ping('there?');
    expect(await pong).toBe('there?');
    expect(performance.now() - asked).toBeGreaterThan(70);
    socket.close();
  });

  it('clockSkewMillis: moves the times that are sent', async () => {
    const { sim, client } = await feed([{ type: 'Greeks', symbol: CALL }]);
    const plain = Number(dataOf(await client.until(isData('Greeks')))[1][1]);
    const from = client.frames.length;
    sim.control({ clockSkewMillis: 3_600_000 });
    sim.pass(10);
    const moved = Number(dataOf(await client.until(isData('Greeks'), from))[1][1]);
    expect(moved - plain).toBeGreaterThanOrEqual(3_600_000);
  });

  it('abruptReset: the socket dies without a closing handshake', async () => {
    const { sim, client } = await feed([quote('SPY')]);
    sim.control({ abruptReset: true });
    expect((await client.closed).code).toBe(1006);
  });

  it('upgrade502: refuses the upgrade, and takes it again later', async () => {
    const { sim } = await feed([quote('SPY')]);
    sim.control({ upgrade502: true });
    await expect(connect(sim.dxlinkUrl)).rejects.toThrow('502');
    sim.control({ upgrade502: false });
    (await connect(sim.dxlinkUrl)).close();
  });

  it('feedGreeksOffset: moves the greeks that are sent and no quote', async () => {
    const { sim, client } = await feed([{ type: 'Greeks', symbol: CALL }, quote(CALL)]);
    const plain = Number(dataOf(await client.until(isData('Greeks')))[1][2]);
    const from = client.frames.length;
    sim.control({ feedGreeksOffset: 0.25 });
    sim.pass(10);
    const moved = Number(dataOf(await client.until(isData('Greeks'), from))[1][2]);
    expect(moved - plain).toBeGreaterThan(0.15);
    expect(moved - plain).toBeLessThan(0.35);
  });

  it('freeze: the market stands still while the connection lives', async () => {
    const { sim, client } = await feed(quotesOf40);
    sim.control({ freeze: true });
    const from = client.frames.length;
    await passTalking(sim, client, 60);
    await settle(client);
    expect(client.frames.slice(from).some(isType('FEED_DATA'))).toBe(false);
    expect(client.frames.slice(from).some(isType('KEEPALIVE'))).toBe(true);
    sim.control({ freeze: false });
    sim.pass(1);
    await client.until(isType('FEED_DATA'), from);
  });
});
