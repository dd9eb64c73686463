import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EngineProcess, PATIENCE } from '../support/engine-process.ts';
import type { Opened } from './trader.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

let engine: EngineProcess;
let trader: Trader;
let opened: Opened;
/** The engine that is started where the first one was. */
let next: EngineProcess | undefined;

beforeAll(async () => {
  engine = await EngineProcess.start({ settings: { SIM_SPEED: '4' } });
  trader = await Trader.overHttp(engine.url);
});

afterAll(async () => {
  await trader?.leave();
  await next?.kill();
  await engine?.remove();
});

async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await engine.console(...args, '--json');
  expect([code, stderr], stdout).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('a call that cannot be meant', () => {
  it.each([
    ['iron_condor_30_delta', { wdith: 10 }, 'width'],
    ['iron_condor_30_delta', { width: 'wide' }, 'a number'],
    ['iron_condor_30_delta', { short_delta: 0.3 }, 'did you mean 30?'],
    ['iron_condor_30_delta', { quantity: 0 }, 'quantity'],
    ['iron_condor_30_delta', { quantity: 1.5 }, 'whole number'],
    ['orb_long_call', { range_minutes: 7 }, '15'],
    ['lotto_play_5_delta', { side: 'both' }, 'call'],
    ['get_order_status', {}, 'order_id'],
    ['get_order_status', { order_id: '../../etc/passwd' }, ''],
    ['close_position', { order_or_position_id: 'nobody' }, 'nobody'],
    ['cancel_order', { order_id: '20000101-000001' }, '20000101-000001'],
    ['confirm_trade', {}, 'confirm_token'],
    ['confirm_trade', { confirm_token: 7 }, ''],
    ['get_option_chain', { limit: -1 }, 'limit'],
    ['straddle_scan', { max_iv: 80 }, 'did you mean 0.8?'],
  ])('%s %j is refused with what is accepted', async (tool, args, text) => {
    const { code, message } = await trader.refusal(tool, args);
    expect(code).toMatch(/^[a-z_]+$/);
    expect(message).toContain(text);
    expect(message).not.toMatch(/zod|undefined|\bat .*\.ts/i);
  });

  it('of a tool that is not there is answered with the nearest name', async () => {
    await expect(trader.ask('iron_condor')).rejects.toThrow('iron_condor_30_delta');
  });

  it('has sent nothing and broken nothing', async () => {
    expect(await trader.call('get_recent_orders')).toMatchObject({ orders: [] });
    expect((await fetch(`${engine.url}/health`)).status).toBe(200);
  });
});

describe("the operator's console", () => {
  beforeAll(async () => {
    opened = await trader.open('straddle_scan', trader.atTheMoney);
  });

  it('tells how the engine stands, for a person and for a script', async () => {
    const { stdout } = await engine.console('status');
    expect(stdout).toContain(opened.order.positionId);
    expect(stdout).toContain('openings allowed');
    const status = await json('status');
    expect(status).toMatchObject({
      identity: { broker: 'paper', environment: 'paper' },
      health: { status: 'ok', ready: true, journal: { state: 'ok' } },
      pnl: { value: { positions: [{ positionId: opened.order.positionId }] } },
    });
  });

  it('kills with a reason, and the faces hear it', async () => {
    const answer = await json('kill', 'the', 'operator', 'says', 'so');
    expect(answer).toMatchObject({ value: { killed: true, reason: 'the operator says so' } });
    await trader.refusalFor('killed', 'iron_condor_30_delta');
    expect((await engine.console('status')).stdout).toContain('KILLED');
  });

  it('closes everything while killed', async () => {
    const answer = await json('flatten');
    expect(answer).toMatchObject({ value: { orders: [{ purpose: 'flatten' }] } });
    const { orders } = answer['value'] as { orders: { orderId: string }[] };
    expect((await trader.settled(orders[0]?.orderId ?? '')).status).toBe('filled');
    expect((await trader.pnl()).positions).toEqual([]);
    const again = await engine.console('flatten');
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('already flat')]);
  });

  it('re-arms, which no face can', async () => {
    const refused = await trader.refusal('kill_switch', { enable: false });
    expect(refused.message).toContain('deltaring rearm');
    expect(await json('rearm')).toMatchObject({ value: { killed: false } });
    await trader.preview('iron_condor_30_delta');
  });

  it('finds nothing wrong', async () => {
    const findings = (await json('doctor')) as unknown as { check: string; outcome: string }[];
    const checks = findings.map(({ check }) => check);
    for (const check of ['configuration', 'clock', 'calendar', 'disk', 'journal', 'feed']) {
      expect(checks).toContain(check);
    }
    expect(findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  });

  it('verifies and shows the audit log while the engine runs', async () => {
    const report = await json('audit', 'verify');
    expect(report).toMatchObject({ exitCode: 0 });
    const records = (await json('audit', 'show', opened.order.orderId)) as unknown as {
      body: { kind: string };
    }[];
    const kinds = new Set(records.map(({ body }) => body.kind));
    for (const kind of ['intentRecorded', 'orderSent', 'brokerEvent'])
      expect(kinds).toContain(kind);
    const unknown = await engine.console('audit', 'show', '20000101-000001');
    expect(unknown.code).toBe(2);
  });

  it('latches the kill on disk where no engine runs, and the next start is killed', async () => {
    expect(await engine.stop()).toBe(0);
    const { code, stdout } = await engine.console('kill', 'while', 'away');
    expect(code).toBe(0);
    expect(stdout).toContain('the latch is set on disk');
    next = await EngineProcess.start({ home: engine.home, settings: { SIM_SPEED: '4' } });
    const other = await Trader.overHttp(next.url);
    await other.refusalFor('killed', 'iron_condor_30_delta');
    await other.leave();
    expect(await next.stop()).toBe(0);
  });
});
