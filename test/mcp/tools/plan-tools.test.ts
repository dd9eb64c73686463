import { describe, expect, it } from 'vitest';
import { call, join } from '../support/connected-client.ts';

describe('the trader’s alerts, as tools', () => {
  it('are set with units in words, listed with their values, and cleared', async () => {
    const { client, api, close } = await join();
    const args = { on: 'spot', direction: 'above', level: 601, note: 'a\nb', rearm_by: 0.5 };
    const made = await call(client, 'set_alert', args);
    expect(made.text).toContain('Set. a20261120-001: spot above 601, armed, now 600.');
    expect(api.alertList[0]).toMatchObject({ rearmBy: 0.5, note: 'a b' });
    const listed = await call(client, 'list_alerts');
    expect(listed.data['alerts']).toHaveLength(1);
    await call(client, 'clear_alert', { alert_id: 'a20261120-001' });
    expect((await call(client, 'list_alerts')).text).toContain('No alerts are set.');
    const gone = await call(client, 'clear_alert', { alert_id: 'a20261120-001' });
    expect([gone.isError, gone.text.includes('no alert')]).toEqual([true, true]);
    await close();
  });

  it('take a short delta in points, not as a fraction', async () => {
    const { client, api, close } = await join();
    const set = (level: number) =>
      call(client, 'set_alert', { on: 'short_delta', direction: 'above', level });
    expect((await set(0.3)).text).toContain('did you mean 30?');
    for (const level of [0, 100, -150]) expect((await set(level)).isError).toBe(true);
    expect(api.alertList).toEqual([]);
    await set(30);
    expect(api.alertList.map(({ level }) => level)).toEqual([30]);
    await close();
  });

  it.each(['above', 'below'])('ask what %s a signed delta of a put means', async (direction) => {
    const { client, api, close } = await join();
    const asked = await call(client, 'set_alert', { on: 'short_delta', direction, level: -30 });
    expect(asked.data['denied'].code).toBe('argument_invalid');
    expect(asked.text).toContain('give 30, with direction above to hear of more risk');
    expect(api.alertList).toEqual([]);
    await close();
  });

  it('refuse a position where what is looked at is of none', async () => {
    const { client, api, close } = await join();
    const set = (on: string) =>
      call(client, 'set_alert', { on, direction: 'above', level: 30, position_id: 'p1' });
    for (const on of ['spot', 'straddle', 'minutes_to_cutoff']) {
      const refused = await set(on);
      expect([refused.isError, refused.text.includes('is not of a position')]).toEqual([
        true,
        true,
      ]);
    }
    expect(api.alertList).toEqual([]);
    for (const on of ['short_delta', 'pnl']) expect((await set(on)).isError).toBe(false);
    await close();
  });

  it('name what they accept where an argument is wrong', async () => {
    const { client, close } = await join();
    const wrong = await call(client, 'set_alert', { on: 'moon', direction: 'above', level: 1 });
    expect(wrong.isError).toBe(true);
    expect(wrong.text).toContain('minutes_to_cutoff');
    await close();
  });
});

describe('plan_status', () => {
  it('says that nothing is set, or each turn and what may be sent', async () => {
    const { client, api, close } = await join();
    expect((await call(client, 'plan_status')).text).toContain('No plan is set.');
    const slot = {
      slotId: 'condor#1',
      time: '10:05',
      strategy: 'iron_condor_30_delta',
      sends: true,
      outcome: 'waiting',
      detail: '',
      previewId: null,
      orderId: null,
    } as const;
    const held = 'nothing is granted';
    const late = {
      ...slot,
      slotId: 'condor#2',
      outcome: 'skipped',
      detail: 'CPI is today',
    } as const;
    api.plan = { sheet: 'abc', eventsUntil: null, grant: null, held, slots: [slot, late] };
    expect((await call(client, 'plan_status')).text).toContain(
      'It may not send: nothing is granted. 10:05 condor#1 iron_condor_30_delta waiting; 10:05 condor#2 iron_condor_30_delta skipped (CPI is today).',
    );
    api.plan = { ...api.plan, held: null, slots: [slot] };
    await api.grantPlan(50_000);
    const granted = await call(client, 'plan_status');
    expect(granted.text).toContain(
      'It may send $500.00 of worst cases more today. 10:05 condor#1 iron_condor_30_delta waiting.',
    );
    api.plan = { ...api.plan, held: 'trading is halted: kill' };
    expect((await call(client, 'plan_status')).text).toContain(
      'It may not send: trading is halted: kill. Granted are $500.00 of worst cases more today. 10:05',
    );
    await close();
  });
});
