/** The parts of package.json and package-lock.json that the rules read. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage extends Manifest {
  readonly version?: string;
  readonly resolved?: string;
}

/** Every package is pinned to one version, so that a clone today and a clone next year agree. */
export function everyPinIsExact(manifest: Manifest): string[] {
  return Object.entries(allDependencies(manifest))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} is pinned to "${version}": write one exact version`);
}

/** The lockfile names packages, not the host that one machine fetched them from. */
export function noHostInLockfile(lockfile: Lockfile): string[] {
  return Object.entries(lockfile.packages)
    .filter(([, entry]) => entry.resolved !== undefined)
    .map(
      ([path, entry]) =>
        `${path} names a host (${entry.resolved}): install with the .npmrc of this project`,
    );
}

/**
 * Every dependency of every package has its own entry, those for other platforms too: where one is
 * missing, `npm ci` refuses the whole lockfile on every machine.
 */
export function lockfileIsComplete({ packages }: Lockfile): string[] {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(allDependencies(path === '' ? entry : { ...entry, devDependencies: {} }))
      .filter((name) => !isLocked(packages, path, name))
      .map(
        (name) => `${path || 'the project'} needs ${name}, which has no entry in package-lock.json`,
      ),
  );
}

/** Who adds a package says why, in ARCHITECTURE.md. */
export function everyPackageHasItsReason(manifest: Manifest, architecture: string): string[] {
  return Object.keys(manifest.dependencies ?? {})
    .filter((name) => !architecture.includes(name))
    .map((name) => `${name} has no reason in ARCHITECTURE.md: name it there, or do without it`);
}

/** Looks where Node would: beside the package, then in each folder above it. */
function isLocked(packages: Lockfile['packages'], from: string, name: string): boolean {
  const inside = from === '' ? '' : `${from}/`;
  if (`${inside}node_modules/${name}` in packages) return true;
  if (from === '') return false;
  const above = from.lastIndexOf('/node_modules/');
  return isLocked(packages, above === -1 ? '' : from.slice(0, above), name);
}

function allDependencies(manifest: Manifest): Record<string, string> {
  return {
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  };
}
