import { ClientRig, SERVER_SETUP } from './client-rig.ts';

export const UNAUTHORIZED = { type: 'AUTH_STATE', channel: 0, state: 'UNAUTHORIZED' };
export const AUTHORIZED = { type: 'AUTH_STATE', channel: 0, state: 'AUTHORIZED', userId: 'u-123' };

/** An ERROR message. */
export function errorMessage(code: string, message: string, channel = 0): object {
  return { type: 'ERROR', channel, error: code, message };
}

/** A rig whose socket is being opened. */
export function connecting(): ClientRig {
  const rig = new ClientRig();
  rig.start();
  rig.token();
  rig.take();
  return rig;
}

/** A rig that has sent SETUP. */
export function greeting(): ClientRig {
  const rig = connecting();
  rig.socketOpens();
  rig.take();
  return rig;
}

/** A rig that has shown its token. */
export function authorizing(): ClientRig {
  const rig = greeting();
  rig.says(SERVER_SETUP, UNAUTHORIZED);
  rig.take();
  return rig;
}
