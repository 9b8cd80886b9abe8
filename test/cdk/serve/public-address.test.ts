import { expect, test } from 'vitest';
import { isPublicAddress } from '../../../cdk/serve/public-address.ts';

test.each(['8.8.8.8', '93.184.216.34', '2606:4700:4700::1111', '::ffff:8.8.8.8', '2a00:1450:4001:81b::200e'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

// IANA's registries of special-purpose addresses (RFC 6890 and its updates), and what clouds tell their machines.
test.each([
  ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1'],
  ...['100.64.0.1', '100.100.100.200', '169.254.169.254', '169.254.170.2', '192.0.0.192', '168.63.129.16'],
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::7f00:1'],
  ...['64:ff9b:1::1', '2002:7f00:1::', '2001:0:1::1', '2001:db8::1', 'fe80::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254'],
  ...['ff02::1', '100::1'],
  ...['localhost', 'example.com', '', '127.1', '0x7f.1'],
])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});
