import { InvalidArgumentError } from 'commander';

/** Reads a flag's number of things. @throws {InvalidArgumentError} for anything but a whole number above zero. */
export function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`Expected a whole number above zero, got ${text}`);
}
