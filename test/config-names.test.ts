import { describe, expect, it } from 'vitest';
import { readConfig, SETTING_NAMES } from '../src/config.ts';
import { isForeign, isSlip, noticeOfName, UNNEEDED } from '../src/config-names.ts';

const SLIPS = [
  'MAX_LOSS',
  'MAX_CONTRACT',
  'STOP_CONFIRMATON',
  'SHUTDOWN_POLCY',
  'ENTRY_LADER',
  'PROFIT_TARGETS',
  'DAILY_LOSS',
  'OPEN_RISK',
  'CONFIRMATION_TIME',
  'AUTO_EXPIRE_AT',
  'RATE_LIMIT_PER_MINUTE',
  'OAUTH_EMBED',
  'PROMETEUS_PORT',
  'EX_DIVIDEND',
  'max_daily_loss',
];

/** What common machines, service managers and other programs set. */
const FOREIGN = [
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'BASE_URL',
  'CI_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLIENT_SECRET',
  'EDITOR',
  'GCP_TOKEN',
  'HOME',
  'HOSTNAME',
  'LOGNAME',
  'MAX_MCP_OUTPUT_TOKENS',
  'MAX_THINKING_TOKENS',
  'NODE_OPTIONS',
  'NPM_TOKEN',
  'PATH',
  'PROMETHEUS_MULTIPROC_DIR',
  'PWD',
  'S3_BUCKET',
  'SECRET_KEY',
  'SSH_AUTH_SOCK',
  'TERM_PROGRAM',
  'XDG_STATE_HOME',
  'npm_config_user_agent',
];

describe('the names of settings', () => {
  it.each(SLIPS)('are taken for meant in %s', (name) => {
    expect(readConfig({ [name]: '1' }).notices).toEqual([noticeOfName(name)]);
  });

  it('are no slips themselves, nor what is not needed any more', () => {
    const names = [...SETTING_NAMES, ...UNNEEDED];
    expect(names.filter((name) => isSlip(name, SETTING_NAMES))).toEqual([]);
    expect(names.filter((name) => isForeign(name, SETTING_NAMES))).toEqual([]);
  });

  it('are not seen in the variables of others', () => {
    expect(FOREIGN.filter((name) => isSlip(name, SETTING_NAMES))).toEqual([]);
  });

  it('are all that a .env may hold, beside what is read with them', () => {
    const names = ['XDG_STATE_HOME', 'AWS_REGION', 'LOSS', 'NODE_OPTIONS'];
    expect(names.filter((name) => isForeign(name, SETTING_NAMES))).toEqual([
      'LOSS',
      'NODE_OPTIONS',
    ]);
  });
});
