import type { ChildProcess } from 'node:child_process';

export interface ImageFile {
  /** Relative to the image's root. */
  readonly path: string;
  readonly bytes: number;
}

export interface BuildOptions {
  /** Holds Dockerfile and all it copies. */
  readonly folder: string;
  readonly base: string;
  /** Tells this image from others that are built. */
  readonly tag: string;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** A container that was started: its process ends when the container does. */
export interface RunningImage {
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** What builds and starts images: Docker, or buildah where there is no daemon. */
export interface ContainerTool {
  readonly name: string;
  /** The image that takes the place of AWS's Node 24 base. */
  prepareBase(): Promise<string>;
  /** @returns The built image's name. */
  build(options: BuildOptions): Promise<string>;
  /** @returns Every regular file. */
  files(image: string): Promise<ImageFile[]>;
  /** Starts the image's own entrypoint and command, with this machine's loopback as its own. */
  start(image: string, env: Readonly<Record<string, string>>): Promise<RunningImage>;
  /** Removes what was built; the base stays for the next time. */
  close(): Promise<void>;
}

export function asFlags(flag: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
}
