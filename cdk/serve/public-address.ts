import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Finds the addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** Decides whether an address may be connected to. */
export type IsAllowed = (address: string) => boolean;

/** An address that a server must not be sent to by those who use it. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/** Azure answers its machines' questions about themselves at an address that is public by its number. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16']);

/**
 * Whether an address belongs to the public internet: none of this machine, its networks, its cloud's metadata service, or
 * one that is written as IPv6 but leads to such an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // Turns ::ffff:10.0.0.1 into 10.0.0.1; other ways to hide an IPv4 address (NAT64, 6to4, Teredo) have ranges of their own.
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast' && !hidesIpv4(parsed) && !METADATA_ADDRESSES.has(parsed.toString());
}

/** `::a.b.c.d`, long out of use, which the library takes for an ordinary address. */
function hidesIpv4(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address instanceof ipaddr.IPv6 && address.parts.slice(0, 6).every((part) => part === 0);
}

export const resolveHost: Resolve = (host) => systemLookup(host, { all: true, verbatim: true });

/**
 * A lookup for a socket that fails unless every address of the host is allowed. The socket connects to what was looked at,
 * so a name that changes its mind between two questions gains nothing.
 */
export function guardedLookup(resolve: Resolve, isAllowed: IsAllowed): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (found) => {
        const [first] = found;
        if (first === undefined || !found.every(({ address }) => isAllowed(address))) {
          return callback(new AddressError('Expected a host on the public internet'), '', 0);
        }
        // Node asks for all of them when it tries several in turn.
        if (options.all === true) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}
