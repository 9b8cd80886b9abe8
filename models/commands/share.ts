import { InvalidArgumentError } from 'commander';

/** Reads a flag's share. @throws {InvalidArgumentError} for anything but a number between 0 and 1. */
export function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError(`Expected a number between 0 and 1, got ${text}`);
}
