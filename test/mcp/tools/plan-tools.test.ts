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
    api.plan = { sheet: 'abc', eventsUntil: null, grant: null, slots: [slot] };
    expect((await call(client, 'plan_status')).text).toContain(
      'the operator grants that at the console',
    );
    await api.grantPlan(50_000);
    const granted = await call(client, 'plan_status');
    expect(granted.text).toContain(
      'It may send $500.00 of worst cases more today. 10:05 condor#1 iron_condor_30_delta waiting.',
    );
    await close();
  });
});
