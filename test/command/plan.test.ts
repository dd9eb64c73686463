import { describe, expect, it, onTestFinished } from 'vitest';
import { paperAccountId, socketPath } from '../../src/command/engine-paths.ts';
import { plan } from '../../src/command/plan.ts';
import { readConfig } from '../../src/config.ts';
import { listenOnSocket } from '../../src/mcp/socket-server.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

async function engine(): Promise<FakeEngineApi> {
  const home = tempFolder();
  settings(home);
  const api = new FakeEngineApi({ accountId: paperAccountId(home) });
  const socket = await listenOnSocket({
    config: readConfig({ DELTARING_HOME: home }),
    log: () => undefined,
    api,
    identity: api.identity,
    path: socketPath(home),
    shutdown: () => undefined,
  });
  onTestFinished(() => socket.close());
  return api;
}

describe('deltaring plan', () => {
  it('shows each turn with what became of it, and whether the plan may send', async () => {
    const api = await engine();
    const slot = {
      slotId: 'condor#1',
      time: '10:05',
      strategy: 'iron_condor_30_delta',
      sends: true,
      outcome: 'skipped',
      detail: 'FOMC is today',
      previewId: null,
      orderId: null,
    } as const;
    const held = 'nothing is granted for this session';
    api.plan = { sheet: 'abc', eventsUntil: '2026-12-31', grant: null, held, slots: [slot] };
    const terminal = captureTerminal();
    expect(await plan([])).toBe(0);
    expect(terminal.stdout).toContain(
      'may not send: nothing is granted for this session\nit prepares previews only',
    );
    expect(terminal.stdout).toMatch(/10:05 {2}condor#1 .*skipped: FOMC is today/);
  });

  it('shows what is granted beside what keeps it from being sent now', async () => {
    const api = await engine();
    const grant = { by: 'operator', budgetCents: 50_000, spentCents: 20_000, leftCents: 30_000 };
    api.plan = { ...api.plan, sheet: 'abc', grant, held: 'trading is halted: kill' };
    const terminal = captureTerminal();
    expect(await plan([])).toBe(0);
    expect(terminal.stdout).toContain(
      'may not send: trading is halted: kill\ngranted today by operator: $300.00 of $500.00 left',
    );
  });

  it('grants a budget in dollars and takes it back', async () => {
    const api = await engine();
    api.plan = { ...api.plan, sheet: 'abc' };
    const terminal = captureTerminal();
    expect(await plan(['grant', '--budget', '250.50'])).toBe(0);
    expect(api.plan.grant?.budgetCents).toBe(25_050);
    expect(terminal.stdout).toContain('$250.50 of $250.50 left');
    expect(await plan(['revoke', '--json'])).toBe(0);
    expect(api.plan.grant).toBeNull();
  });

  it('grants nothing without a budget, and knows no other word', async () => {
    await engine();
    for (const args of [
      ['grant'],
      ['grant', '--budget', '0'],
      ['grant', '--budget', 'all'],
      ['arm'],
    ]) {
      await expect(plan(args)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    }
  });

  it('grants and takes back nothing beside a word that it does not know', async () => {
    const api = await engine();
    api.plan = { ...api.plan, sheet: 'abc' };
    for (const more of [['--dry-run'], ['--until', '11:00'], ['late'], ['--json=yes']]) {
      await expect(plan(['grant', '--budget', '250', ...more])).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        message: expect.stringContaining('nothing was done'),
      });
    }
    expect(api.plan.grant).toBeNull();
    captureTerminal();
    expect(await plan(['grant', '--budget', '250'])).toBe(0);
    for (const args of [
      ['revoke', '--dry-run'],
      ['revoke', '--budget', '100'],
      ['status', 'now'],
    ]) {
      await expect(plan(args)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    }
    expect(api.plan.grant?.budgetCents).toBe(25_000);
  });

  it('says where there is no plan', async () => {
    await engine();
    const terminal = captureTerminal();
    expect(await plan(['status'])).toBe(0);
    expect(terminal.stdout).toContain('PLAN_SHEET names its file');
  });
});
