import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BrokerEvent, GatewayEffect, WireInput } from '../../../src/broker/order-gateway.ts';
import { TastytradeGateway } from '../../../src/broker/tastytrade/tastytrade-gateway.ts';
import { TASTYTRADE_PACE } from '../../../src/broker/tastytrade/tastytrade-pace.ts';
import { BrokerWireShell } from '../../../src/desk/threads/broker-wire-shell.ts';
import type { FromIo, ToIo } from '../../../src/desk/threads/core-protocol.ts';
import { runIo } from '../../../src/desk/threads/io-worker-shell.ts';
import { newAccountPace } from '../../../src/desk/threads/request-turns-shell.ts';
import { OAuthSecrets } from '../../../src/desk/threads/wire-secrets-shell.ts';
import { systemClock } from '../../../src/engine/domain/clock.ts';
import { parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { sessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import { priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { witness } from '../../broker/paper/paper-rig.ts';
import { optionLeg } from '../../support/legs.ts';
import { TastytradeServer } from '../../support/tastytrade/tastytrade-server.ts';
import { TastytradeVenue } from '../../support/tastytrade/tastytrade-venue.ts';

const NOON = Date.UTC(2026, 7, 4, 16);

/** The adapter as the core thread has it: real sockets to the stub, a login kept by the I/O worker. */
class WiredRig {
  readonly inputs: WireInput[] = [];
  readonly events: BrokerEvent[] = [];
  readonly gateway = new TastytradeGateway({
    accountId: '5WT00001',
    source: 'deltaring/test',
    history: { intents: [], brokerEvents: [] },
  });
  readonly server: TastytradeServer;
  readonly shell: BrokerWireShell;
  #heard = Promise.withResolvers<void>();

  static async start(): Promise<WiredRig> {
    const server = await TastytradeServer.start(new TastytradeVenue(NOON));
    server.run();
    const rig = new WiredRig(server);
    onTestFinished(async () => {
      rig.shell.stop();
      await server.stop();
    });
    return rig;
  }

  private constructor(server: TastytradeServer) {
    this.server = server;
    const { port1: core, port2: io } = new MessageChannel();
    const { clientSecret, refreshToken } = server.venue.login;
    const userAgent = 'deltaring/test';
    const grant = { baseUrl: server.restUrl, clientSecret, refreshToken, userAgent };
    const source = { kind: 'fixed', dxlinkUrl: '', token: '', strikes: [600, 700] } as const;
    const pace = newAccountPace(TASTYTRADE_PACE);
    runIo({ source, underlying: 'SPY', port: io, brokerGrant: grant, pace });
    const secrets = new OAuthSecrets(
      (message) => core.postMessage(message),
      () => performance.now(),
    );
    core.on('message', (message: FromIo) => {
      if (message.kind === 'access' || message.kind === 'accessFailed') secrets.onAnswer(message);
    });
    this.shell = new BrokerWireShell({
      wire: {
        restUrl: server.restUrl,
        socketUrl: server.socketUrl,
        headers: { 'user-agent': userAgent },
        login: { kind: 'oauth' },
        pace,
      },
      secrets,
      onInput: (input) => {
        this.inputs.push(input);
        this.perform(this.gateway.onWire(input, systemClock.now()));
      },
      jitter: () => 1,
      isKilled: () => false,
    });
    const session = sessionTimes(sessionDate('2026-08-04'));
    const timer = setInterval(() => {
      if (session !== undefined) this.perform(this.gateway.onClock(systemClock.now(), session));
    }, 20);
    onTestFinished(() => {
      clearInterval(timer);
      core.close();
    });
    this.shell.start();
  }

  perform(effects: readonly GatewayEffect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'event') this.shell.perform(effect);
      else {
        this.events.push(effect.event);
        this.#heard.resolve();
        this.#heard = Promise.withResolvers();
      }
    }
  }

  async until(kind: BrokerEvent['kind'], count = 1): Promise<void> {
    while (this.events.filter((event) => event.kind === kind).length < count) {
      await this.#heard.promise;
    }
  }

  submit(intentId: string): void {
    const limit = priceFromDollars(1);
    const intent: OrderIntent = {
      intentId,
      purpose: 'open',
      strategy: 'iron_condor_30_delta',
      positionId: intentId,
      legs: [optionLeg('sellToOpen', 'put', 640), optionLeg('buyToOpen', 'put', 635)],
      quantity: 1,
      limit,
      worst: limit,
      principal: 'test',
    };
    this.perform(this.gateway.submit(witness(intent), systemClock.now()));
  }
}

describe('the adapter to tastytrade on real wires', () => {
  it('logs in once, trades, and lets no secret into what the desk is told', async () => {
    const rig = await WiredRig.start();
    const { venue } = rig.server;
    await rig.until('connection');
    rig.submit('20260804-000001');
    await rig.until('accepted');
    await expect.poll(() => venue.orders.headOf('20260804-000001')?.status).toBe('Live');
    venue.orders.fill(venue.orders.headOf('20260804-000001')?.id ?? 0, 1);
    await rig.until('fill', 2);
    await expect.poll(() => venue.stream.heartbeats).toBeGreaterThan(0);
    expect(venue.login.logins).toBe(1);
    const told = JSON.stringify([rig.inputs, rig.events]);
    expect(told).not.toMatch(/stub-access|stub-refresh|stub-client|Bearer/);
  });

  it('repeats no token that the broker repeats in its refusal', async () => {
    const rig = await WiredRig.start();
    const { venue } = rig.server;
    await rig.until('connection');
    venue.faults.add(/^POST .*orders$/, 'echo');
    rig.submit('20260804-000004');
    await rig.until('rejected');
    const told = JSON.stringify([rig.inputs, rig.events]);
    expect(told).toContain('is refused');
    expect(told).not.toMatch(/stub-access|stub-refresh|stub-client/);
  });

  it('keeps one POST to an intent where the connection breaks under it', async () => {
    const rig = await WiredRig.start();
    const { venue } = rig.server;
    await rig.until('connection');
    venue.faults.add(/^POST .*orders$/, 'reset');
    rig.submit('20260804-000002');
    await rig.until('accepted');
    expect(venue.orders.posts).toBe(1);
    expect(rig.events.map(({ kind }) => kind)).not.toContain('rejected');
  });

  it('goes on under a fresh login where the broker takes the token no more', async () => {
    const rig = await WiredRig.start();
    const { venue } = rig.server;
    await rig.until('connection');
    venue.login.revoke();
    rig.perform(rig.gateway.findByIntent('20260804-000003', systemClock.now()));
    await rig.until('searched');
    expect(rig.events.at(-1)).toMatchObject({ search: { outcome: 'absent' } });
    expect(venue.login.logins).toBe(2);
  });

  it('has its quote token and listing from the same service', async () => {
    const server = await TastytradeServer.start(new TastytradeVenue(NOON));
    onTestFinished(() => server.stop());
    server.venue.dxlinkUrl = 'ws://127.0.0.1:9/realtime';
    const { port1: core, port2: io } = new MessageChannel();
    onTestFinished(() => core.close());
    const { clientSecret, refreshToken } = server.venue.login;
    const grant = {
      baseUrl: server.restUrl,
      clientSecret,
      refreshToken,
      userAgent: 'deltaring/test',
    };
    runIo({
      source: { kind: 'rest', ...grant },
      underlying: 'SPY',
      port: io,
      brokerGrant: grant,
      reader: { broker: 'tastytrade', accountId: '5WT00001', home: '' },
    });
    const ask = (message: ToIo): Promise<FromIo> => {
      core.postMessage(message);
      return new Promise((resolve) => {
        core.once('message', resolve);
      });
    };
    expect(await ask({ kind: 'token' })).toEqual({
      kind: 'token',
      url: 'ws://127.0.0.1:9/realtime',
      token: 'stub-quote-token',
    });
    const listing = await ask({ kind: 'listing', date: sessionDate('2026-08-04') });
    const contracts = listing.kind === 'listing' ? listing.listing.contracts : [];
    expect(contracts).toHaveLength(402);
    expect(contracts[0]).toEqual(parseOccSymbol('SPY   260804C00500000'));
    const date = '2026-08-04';
    const contract = 'SPY   260804C00500000';
    expect(await ask({ kind: 'rules', ask: { underlying: 'SPY', date, contract } })).toMatchObject({
      kind: 'rules',
      date,
      rules: { session: 'full', stopsTradingAt: '2026-08-04T20:15:00.000Z' },
    });
    expect(await ask({ kind: 'access' })).toMatchObject({ kind: 'access', token: 'stub-access-1' });
    expect(server.venue.login.logins).toBe(1);
  });
});
