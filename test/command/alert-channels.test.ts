import { describe, expect, it } from 'vitest';
import { channelNames } from '../../src/command/alert-channels.ts';
import { readConfig } from '../../src/config.ts';

function namesWith(settings: Record<string, string>): readonly string[] {
  return channelNames(readConfig(settings));
}

describe('the channels of alerts', () => {
  it('are those that a setting names, and none without one', () => {
    expect(namesWith({})).toEqual([]);
    const PAGERDUTY_API_KEY = 'a'.repeat(32);
    const ALERT_WEBHOOK_URL = 'http://127.0.0.1:9/alerts';
    expect(namesWith({ PAGERDUTY_API_KEY })).toEqual(['pagerduty']);
    expect(namesWith({ ALERT_WEBHOOK_URL })).toEqual(['webhook']);
    expect(namesWith({ PAGERDUTY_API_KEY, ALERT_WEBHOOK_URL })).toEqual(['pagerduty', 'webhook']);
  });
});
