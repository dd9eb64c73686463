/** An ext4 file system in a file, mounted through a loop device: a copy of the file is what a power
 * cut leaves, for what was not synced never reached it. */
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { MachineLacks } from '../campaign.ts';

const IMAGE_BYTES = 40 << 20;

function system(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, [...args], { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** One file system. Mounted from its making until `unmount`. */
export class LoopDisk {
  readonly mountPoint: string;
  readonly #image: string;

  private constructor(image: string, mountPoint: string) {
    this.#image = image;
    this.mountPoint = mountPoint;
    mkdirSync(mountPoint, { recursive: true });
    system('mount', '-o', 'loop', image, mountPoint);
  }

  /** A fresh file system. Throws where the machine cannot make or mount one. */
  static make(image: string, mountPoint: string): LoopDisk {
    const fd = openSync(image, 'w');
    ftruncateSync(fd, IMAGE_BYTES);
    closeSync(fd);
    system('mkfs.ext4', '-q', '-F', image);
    return new LoopDisk(image, mountPoint);
  }

  /** What is on the disk at this moment, mounted as after the power came back. */
  copy(image: string, mountPoint: string): LoopDisk {
    copyFileSync(this.#image, image);
    return new LoopDisk(image, mountPoint);
  }

  unmount(): void {
    system('umount', this.mountPoint);
  }
}

/** Throws `MachineLacks` where file systems cannot be made and mounted. */
export function requireLoopMounts(folder: string): void {
  try {
    LoopDisk.make(`${folder}/try.img`, `${folder}/try`).unmount();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MachineLacks(`it needs mkfs.ext4 and the right to mount loop devices: ${why}`);
  }
}
