import { InvalidArgumentError } from 'commander';

/** Reads how much a flag's term counts. @throws {InvalidArgumentError} for anything but a number of 0 or more. */
export function weight(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError(`Expected a number of 0 or more, got ${text}`);
}
