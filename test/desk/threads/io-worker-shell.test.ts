import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FromIo, ToIo } from '../../../src/desk/threads/core-protocol.ts';
import type { IoSource } from '../../../src/desk/threads/io-worker-shell.ts';
import { runIo } from '../../../src/desk/threads/io-worker-shell.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';

const DATE = sessionDate('2026-11-20');

type Answer = { readonly status?: number; readonly body: unknown } | 'hang' | 'text';

const OAUTH: Answer = { body: { access_token: 'access', expires_in: 900 } };
const QUOTE_TOKEN: Answer = { body: { data: { token: 'quote', 'dxlink-url': 'ws://feed' } } };
const CHAIN: Answer = {
  body: {
    data: {
      items: [
        {
          expirations: [
            {
              'expiration-date': '2026-11-20',
              strikes: [
                { call: 'SPY   261120C00600000', put: 'SPY   261120P00600000' },
                { call: 'no symbol', put: 'SPY   261120P00601000' },
              ],
            },
            { 'expiration-date': '2026-11-23', strikes: [{ call: 'x', put: 'y' }] },
          ],
        },
      ],
    },
  },
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A REST service on loopback that answers by path, and the worker's shell asking it. */
class IoRig {
  readonly answers = new Map<string, Answer>([
    ['/oauth/token', OAUTH],
    ['/api-quote-tokens', QUOTE_TOKEN],
    ['/option-chains/SPY/nested', CHAIN],
  ]);
  readonly asked: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly #server: Server;
  readonly #port = new MessageChannel();

  private constructor(server: Server) {
    this.#server = server;
    closers.push(() => {
      this.#port.port1.close();
      server.closeAllConnections();
      server.close();
    });
  }

  static async start(timeoutMillis?: number): Promise<IoRig> {
    const server = createServer();
    const rig = new IoRig(server);
    server.on('request', (request, response) => {
      const path = request.url ?? '';
      rig.asked.push(`${request.method} ${path}`);
      rig.headers.push(request.headers);
      const answer = rig.answers.get(path) ?? { status: 404, body: {} };
      request.resume();
      if (answer === 'hang') return;
      if (answer === 'text') response.end('<html>');
      else response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const grant = {
      baseUrl: `http://127.0.0.1:${port}`,
      clientSecret: 'secret',
      refreshToken: 'refresh',
      userAgent: 'deltaring/test',
    };
    const own = timeoutMillis === undefined ? {} : { timeoutMillis };
    const source: IoSource = { kind: 'rest', ...grant };
    const { port2 } = rig.#port;
    runIo({ source, brokerGrant: grant, underlying: 'SPY', port: port2, ...own });
    return rig;
  }

  ask(request: ToIo): Promise<FromIo> {
    const { port1 } = this.#port;
    return new Promise((resolve) => {
      port1.once('message', resolve);
      port1.postMessage(request);
    });
  }

  get isListening(): boolean {
    return this.#server.listening;
  }
}

/** A clock that stands still until the test says otherwise. */
function clockToSetBack() {
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  return (millis: number) => vi.setSystemTime(Date.now() - millis);
}

describe('the I/O worker', () => {
  it('gets a quote token with an access token of its own, as the agent it is', async () => {
    const rig = await IoRig.start();
    expect(await rig.ask({ kind: 'token' })).toEqual({
      kind: 'token',
      url: 'ws://feed',
      token: 'quote',
    });
    expect(rig.asked).toEqual(['POST /oauth/token', 'GET /api-quote-tokens']);
    expect(rig.headers[1]).toMatchObject({
      authorization: 'Bearer access',
      'user-agent': 'deltaring/test',
    });
  });

  it('keeps the access token for the next request', async () => {
    const rig = await IoRig.start();
    await rig.ask({ kind: 'token' });
    await rig.ask({ kind: 'listing', date: DATE });
    expect(rig.asked.filter((line) => line.includes('oauth'))).toHaveLength(1);
  });

  it('waits after a refused login hardly longer where the time of day is set back meanwhile', async () => {
    const rig = await IoRig.start();
    rig.answers.set('/oauth/token', { status: 403, body: {} });
    const setBack = clockToSetBack();
    expect(await rig.ask({ kind: 'access' })).toMatchObject({ kind: 'accessFailed' });
    setBack(3_600_000);
    rig.answers.set('/oauth/token', OAUTH);
    expect(await rig.ask({ kind: 'access' })).toMatchObject({ kind: 'accessFailed' });
    vi.advanceTimersByTime(2_300);
    expect(await rig.ask({ kind: 'access' })).toMatchObject({ kind: 'access', token: 'access' });
    expect(rig.asked).toEqual(['POST /oauth/token', 'POST /oauth/token']);
  });

  it('gives a token no longer than it lives where the time of day is set back meanwhile', async () => {
    const rig = await IoRig.start();
    const setBack = clockToSetBack();
    expect(await rig.ask({ kind: 'access' })).toMatchObject({ token: 'access' });
    setBack(1_800_000);
    rig.answers.set('/oauth/token', { body: { access_token: 'next', expires_in: 900 } });
    vi.advanceTimersByTime(840_000);
    expect(await rig.ask({ kind: 'access' })).toMatchObject({ token: 'next' });
  });

  it('makes a listing of the contracts of the day asked for, and of nothing else', async () => {
    const rig = await IoRig.start();
    const answer = await rig.ask({ kind: 'listing', date: DATE });
    if (answer.kind !== 'listing') throw new Error(JSON.stringify(answer));
    const { contracts, ...rest } = answer.listing;
    expect(rest).toEqual({ underlying: 'SPY', date: DATE });
    expect(contracts.map(({ right, strike, expiry }) => [right, strike, expiry])).toEqual([
      ['call', 6_000_000, DATE],
      ['put', 6_000_000, DATE],
      ['put', 6_010_000, DATE],
    ]);
  });

  it('says where a day has no contracts', async () => {
    const rig = await IoRig.start();
    const date = sessionDate('2026-11-27');
    expect(await rig.ask({ kind: 'listing', date })).toEqual({
      kind: 'listingFailed',
      date,
      reason: 'no contracts expire on 2026-11-27',
    });
  });

  it('drops an access token that is refused: the next request gets a fresh one', async () => {
    const rig = await IoRig.start();
    await rig.ask({ kind: 'token' });
    rig.answers.set('/api-quote-tokens', { status: 401, body: {} });
    expect(await rig.ask({ kind: 'token' })).toEqual({
      kind: 'tokenFailed',
      reason: '/api-quote-tokens answered 401',
    });
    rig.answers.set('/api-quote-tokens', QUOTE_TOKEN);
    expect(await rig.ask({ kind: 'token' })).toMatchObject({ kind: 'token' });
    expect(rig.asked.filter((line) => line.includes('oauth'))).toHaveLength(2);
  });

  it('keeps the access token through an outage', async () => {
    const rig = await IoRig.start();
    rig.answers.set('/api-quote-tokens', { status: 503, body: {} });
    await rig.ask({ kind: 'token' });
    await rig.ask({ kind: 'token' });
    expect(rig.asked.filter((line) => line.includes('oauth'))).toHaveLength(1);
  });

  it('gives up on a service that hangs', async () => {
    const rig = await IoRig.start(200);
    rig.answers.set('/option-chains/SPY/nested', 'hang');
    const answer = await rig.ask({ kind: 'listing', date: DATE });
    expect(answer).toMatchObject({ kind: 'listingFailed', date: DATE });
    expect('reason' in answer && answer.reason).toContain('timeout');
  });

  it.each([
    ['no JSON', 'text' as const],
    ['JSON of another shape', { body: { data: { token: 7 } } }],
    ['nothing', { body: null }],
  ])('takes %s for a failure, with a reason', async (_what, answer) => {
    const rig = await IoRig.start();
    rig.answers.set('/api-quote-tokens', answer);
    const reply = await rig.ask({ kind: 'token' });
    expect(reply.kind).toBe('tokenFailed');
    expect('reason' in reply && reply.reason.length).toBeGreaterThan(0);
  });

  it('rests after five failures instead of storming', async () => {
    const rig = await IoRig.start();
    rig.answers.set('/api-quote-tokens', { status: 500, body: {} });
    for (let n = 0; n < 5; n += 1) await rig.ask({ kind: 'token' });
    expect(await rig.ask({ kind: 'token' })).toEqual({
      kind: 'tokenFailed',
      reason: 'the service rests after repeated failures',
    });
    expect(rig.asked.filter((path) => path.includes('/api-quote-tokens'))).toHaveLength(5);
    expect(rig.isListening).toBe(true);
  });

  it.each([
    ['token', 'listing', '/option-chains/SPY/nested'],
    ['listing', 'token', '/api-quote-tokens'],
  ] as const)('gets the %s while the %s rests that fails', async (wanted, failing, path) => {
    const rig = await IoRig.start();
    const requests = {
      token: { kind: 'token' },
      listing: { kind: 'listing', date: DATE },
    } as const;
    rig.answers.set(path, { status: 503, body: {} });
    for (let n = 0; n < 5; n += 1) await rig.ask(requests[failing]);
    expect(await rig.ask(requests[failing])).toMatchObject({
      kind: `${failing}Failed`,
      reason: 'the service rests after repeated failures',
    });
    expect(await rig.ask(requests[wanted])).toMatchObject({ kind: wanted });
  });

  it('lists a grid of strikes where the feed has no instruments service', async () => {
    const { port1, port2 } = new MessageChannel();
    closers.push(() => port1.close());
    runIo({
      source: { kind: 'fixed', dxlinkUrl: 'ws://x', token: 't', strikes: [599, 601] },
      underlying: 'SPY',
      port: port2,
    });
    const ask = (request: ToIo) =>
      new Promise<FromIo>((resolve) => {
        port1.once('message', resolve);
        port1.postMessage(request);
      });
    expect(await ask({ kind: 'token' })).toEqual({ kind: 'token', url: 'ws://x', token: 't' });
    const answer = await ask({ kind: 'listing', date: DATE });
    expect(answer.kind === 'listing' && answer.listing.contracts).toHaveLength(6);
  });
});
