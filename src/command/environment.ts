/** The environment of a command: `.env` of the working folder under the variables that are set. */
import { readFileSync } from 'node:fs';
import { type Config, homeOf, type OtherFaults, readConfig, SETTING_NAMES } from '../config.ts';
import { isForeign, noticeOfName } from '../config-names.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { type EnvFile, readEnvText } from './env-file.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const NO_FILE: EnvFile = { variables: {}, faults: [] };

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}

/** A folder of that name, as a Python environment often is, is no file of settings. */
function fileOf(path: string): EnvFile & { readonly isFolder?: boolean } {
  try {
    return readEnvText(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return NO_FILE;
    if (code === 'EISDIR') return { ...NO_FILE, isFolder: true };
    throw new DeltaringError('CONFIG_INVALID', `${path} cannot be read: make it readable`, error);
  }
}

/** A variable that is set to nothing, as compose makes them, is not set: `.env` counts. */
function merged(file: EnvFile, environment: Variables): Variables {
  const set = Object.entries(environment).filter(([, value]) => isSet(value));
  return { ...environment, ...file.variables, ...Object.fromEntries(set) };
}

function faultLines({ faults }: EnvFile, path: string): readonly string[] {
  return faults.map(({ line, what }) => `line ${line} of ${path}: ${what}`);
}

/** Reads the configuration. Throws CONFIG_INVALID naming every fault, `otherFaults` among them. The AWS
 * variables go on into this process, the only place that the client of the bucket takes them from. */
export function configOf(
  environment: Variables = process.env,
  folder = process.cwd(),
  otherFaults: OtherFaults = () => [],
): Config {
  const path = `${folder}/.env`;
  const file = fileOf(path);
  const variables = merged(file, environment);
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith('AWS_') && !isSet(process.env[name])) process.env[name] = value;
  }
  const config = readConfig(variables, (settings) => [
    ...faultLines(file, path),
    ...otherFaults(settings),
  ]);
  const foreign = Object.keys(file.variables).filter((name) => isForeign(name, SETTING_NAMES));
  const notices = [...config.notices, ...foreign.map(noticeOfName)];
  if (file.isFolder === true) notices.push(`${path} is a folder, and no settings are read from it`);
  return { ...config, notices: [...new Set(notices)] };
}

/** The file, or nothing where it cannot be read and `home` is known without it: a kill must reach that. */
function fileForHome(path: string, home: string | undefined): EnvFile {
  try {
    return fileOf(path);
  } catch (error) {
    if (!(error instanceof DeltaringError && isSet(home))) throw error;
    process.stderr.write(`warning: ${error.message}; going on with DELTARING_HOME=${home}\n`);
    return NO_FILE;
  }
}

/** Where the engine of these settings lives: known also where another setting has a fault, so that what
 * must reach the engine does. Throws CONFIG_INVALID where the home may stand in a `.env` that cannot
 * be read, or in a line of it that cannot. */
export function engineHome(environment: Variables = process.env, folder = process.cwd()): string {
  const path = `${folder}/.env`;
  const file = fileForHome(path, environment['DELTARING_HOME']);
  const variables = merged(file, environment);
  const isHidden = file.faults.some(({ mayHoldHome }) => mayHoldHome);
  if (isHidden && !isSet(variables['DELTARING_HOME'])) {
    throw new DeltaringError('CONFIG_INVALID', faultLines(file, path).join('\n'));
  }
  return homeOf(variables);
}
