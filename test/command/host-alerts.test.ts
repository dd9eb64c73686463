import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HostAlerts } from '../../src/command/host-alerts.ts';
import type { Alert } from '../../src/ops/alert-channel.ts';

/** Alerts of engines that run one after the other in one home; `takes` says whether channels do. */
function rig(home = mkdtempSync(join(tmpdir(), 'deltaring-host-alerts-'))) {
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const told: string[] = [];
  const channels = { take: true };
  const raise = ({ code, action }: Alert): Promise<boolean> => {
    told.push(`${action} ${code}`);
    return Promise.resolve(channels.take);
  };
  return { home, told, channels, engine: () => new HostAlerts({ raise }, home) };
}

describe('what the main thread tells', () => {
  it('and does not end is ended by the next engine, once', async () => {
    const { told, engine } = rig();
    await engine().open('ENGINE_FAILED', 'it failed');
    await engine().endLeft();
    await engine().endLeft();
    expect(told).toEqual(['trigger ENGINE_FAILED', 'resolve ENGINE_FAILED']);
  });

  it('of a core that hangs at a stop is ended by the next engine', async () => {
    const { told, engine } = rig();
    await engine().open('UNPROTECTED_AT_STOP', 'look there');
    await engine().endLeft();
    expect(told).toEqual(['trigger UNPROTECTED_AT_STOP', 'resolve UNPROTECTED_AT_STOP']);
  });

  it('and ends itself leaves nothing, and nothing else with it', async () => {
    const { told, engine } = rig();
    await engine().open('ENGINE_FAILED', 'it failed');
    await engine().open('CORE_SILENT', 'no beat');
    await engine().open('CORE_SILENT', 'no beat');
    await engine().end('CORE_SILENT', 'it beats');
    told.length = 0;
    await engine().endLeft();
    expect(told).toEqual(['resolve ENGINE_FAILED']);
  });

  it('before it is ready is not ended by its being so, also where an engine of before left it open', async () => {
    const { told, engine } = rig();
    await engine().open('ENGINE_FAILED', 'it failed');
    const starting = engine();
    await starting.open('CORE_SILENT', 'no beat');
    await starting.endLeft();
    const next = engine();
    await next.open('CORE_SILENT', 'no beat');
    told.length = 0;
    await next.endLeft();
    expect(told).toEqual([]);
    await engine().endLeft();
    expect(told).toEqual(['resolve CORE_SILENT']);
  });

  it('and opens again while its end is being delivered stays open', async () => {
    const home = mkdtempSync(join(tmpdir(), 'deltaring-host-alerts-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const told: string[] = [];
    const delivered = Promise.withResolvers<boolean>();
    const raise = ({ code, action }: Alert): Promise<boolean> => {
      told.push(`${action} ${code}`);
      return action === 'resolve' ? delivered.promise : Promise.resolve(true);
    };
    const flapping = new HostAlerts({ raise }, home);
    await flapping.open('CORE_SILENT', 'no beat');
    const ended = flapping.end('CORE_SILENT', 'it beats');
    await flapping.open('CORE_SILENT', 'no beat');
    delivered.resolve(true);
    await ended;
    told.length = 0;
    await new HostAlerts({ raise }, home).endLeft();
    expect(told).toEqual(['resolve CORE_SILENT']);
  });

  it('is ended again by each engine until every channel has taken that', async () => {
    const { told, channels, engine } = rig();
    await engine().open('ENGINE_FAILED', 'it failed');
    channels.take = false;
    await engine().endLeft();
    channels.take = true;
    await engine().endLeft();
    await engine().endLeft();
    expect(told.filter((each) => each.startsWith('resolve'))).toHaveLength(2);
  });

  it('leaves also where the home takes no file', async () => {
    const { home } = rig();
    const path = join(home, 'no-folder');
    writeFileSync(path, '');
    const { told, engine } = rig(path);
    await engine().open('ENGINE_FAILED', 'it failed');
    await engine().endLeft();
    expect(told).toEqual(['trigger ENGINE_FAILED']);
  });
});
