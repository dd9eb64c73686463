/** Takes an account lock in a process of its own and holds it until killed. */
import { acquireAccountLock } from '../../../src/audit/account-lock.ts';

const [folder = '', accountId = ''] = process.argv.slice(2);
try {
  acquireAccountLock(
    { broker: 'paper', environment: 'paper', accountId },
    { pid: process.pid, socketPath: '/tmp/s', home: folder },
    folder,
  );
  process.stdout.write('held\n');
  setInterval(() => undefined, 1_000);
} catch (error) {
  process.stdout.write(
    `${error instanceof Error && 'code' in error ? String(error.code) : 'error'}\n`,
  );
}
