/** The command line of deltaring: finds the command, runs it, and turns errors into one clear line. */
import { DeltaringError } from './engine/domain/errors.ts';

/** Exit codes, stable: 0 done, 1 failed or tampered, 2 wrong use or could not check, 3 stopped with
 * something left unprotected. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Wherever it stands: who asks what a command does has not asked for it to be done. */
const HELP: ReadonlySet<string> = new Set(['--help', '-h']);

type Command = (args: readonly string[]) => Promise<number>;

/** What cannot be meant is refused before the rest is loaded; the core's program then loads on its own
 * thread meanwhile. */
async function loadServe(args: readonly string[]): Promise<Command> {
  const { onlyFlags } = await import('./command/flags.ts');
  onlyFlags('serve', args, []);
  const { configToStart } = await import('./command/setting-files.ts');
  const config = configToStart();
  const { startCoreThread } = await import('./command/core-thread.ts');
  const core = startCoreThread();
  const { serve } = await import('./command/serve.ts');
  return () => serve(config, core);
}

const COMMANDS: Readonly<
  Record<string, { readonly help: string; load(args: readonly string[]): Promise<Command> }>
> = {
  serve: {
    help: 'run the engine with all faces (the default)',
    load: loadServe,
  },
  mcp: {
    help: 'MCP over stdio: joins the running engine, or starts one [--authority RIGHTS]',
    load: async () => (await import('./command/mcp.ts')).mcp,
  },
  status: {
    help: 'how the engine stands [--json]',
    load: async () => (await import('./command/console.ts')).status,
  },
  kill: {
    help: 'engage the kill switch [REASON] [--json]',
    load: async () => (await import('./command/console.ts')).kill,
  },
  rearm: {
    help: 'release the kill switch: here and nowhere else',
    load: async () => (await import('./command/console.ts')).rearm,
  },
  flatten: {
    help: 'close everything now',
    load: async () => (await import('./command/console.ts')).flatten,
  },
  pair: {
    help: 'a code that lets an OAuth client or a browser in [--json]',
    load: async () => (await import('./command/console.ts')).pair,
  },
  plan: {
    help: 'the plan of the day: status · grant --budget DOLLARS · revoke [--json]',
    load: async () => (await import('./command/plan.ts')).plan,
  },
  adopt: {
    help: 'take over positions at the broker that the engine cannot explain [--json]',
    load: async () => (await import('./command/console.ts')).adopt,
  },
  'broker-block': {
    help: "Alpaca's own switch against new orders: on [--with-open-risk] · off",
    load: async () => (await import('./command/broker-block.ts')).brokerBlock,
  },
  audit: {
    help: 'verify [FOLDER | s3://BUCKET/PREFIX] · show ORDER · key · rotate-key · restore · backup',
    load: async () => (await import('./command/audit.ts')).audit,
  },
  doctor: {
    help: 'checks configuration, clock, calendar, disk, feed, broker, audit [--json]',
    load: async () => (await import('./command/doctor.ts')).doctor,
  },
  replay: {
    help: 're-runs a recorded session: replay FILE [--json]',
    load: async () => (await import('./command/replay.ts')).replay,
  },
  'burn-in': {
    help: 'runs simulated sessions: burn-in N [--seed S] [--json]',
    load: async () => (await import('./command/burn-in.ts')).burnIn,
  },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(9)} ${help}`);
  return `usage: deltaring COMMAND\n${lines.join('\n')}\n`;
}

function report(error: unknown): void {
  if (error instanceof DeltaringError) process.stderr.write(`deltaring: ${error.message}\n`);
  else process.stderr.write(`deltaring: ${error instanceof Error ? error.stack : String(error)}\n`);
}

async function run(name: string, args: readonly string[]): Promise<number> {
  if (name === 'help' || [name, ...args].some((word) => HELP.has(word))) {
    process.stdout.write(usage());
    return 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) {
    process.stderr.write(`deltaring: no command "${name}"\n${usage()}`);
    return EXIT_USAGE;
  }
  return (await command.load(args))(args);
}

const [name = 'serve', ...args] = process.argv.slice(2);
run(name, args).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    report(error);
    const isMisuse = error instanceof DeltaringError && error.code === 'INPUT_INVALID';
    process.exitCode = isMisuse ? EXIT_USAGE : EXIT_FAILED;
  },
);
