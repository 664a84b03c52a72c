import { describe, expect, it } from 'vitest'
import { classifyAddress, isWithin, parseRange } from './address.ts'
import { forbiddenAddresses, publicAddresses } from '../../testing/hostile-addresses.ts'

describe('classifyAddress', () => {
  it.each(forbiddenAddresses)('forbids %s (%s)', (address) => {
    expect(classifyAddress(address)).toBe('forbidden')
  })

  it.each(publicAddresses)('lets %s pass', (address) => {
    expect(classifyAddress(address)).toBe('public')
  })

  it.each([
    '',
    'localhost',
    'example.org',
    '127.1',
    '0177.0.0.1',
    '2130706433',
    '8.8.8',
    '08.8.8.8',
    '0x8.8.8.8',
    ' 8.8.8.8',
    '8.8.8.8\n',
    '8.8.8.8/32',
    '[2606:4700:4700::1111]',
    '2606:4700:4700::1111%eth0',
  ])('forbids %j, which is not an address in its one spelling', (text) => {
    expect(classifyAddress(text)).toBe('forbidden')
  })
})

describe('isWithin', () => {
  const loopback = [parseRange('127.0.0.0/8')]

  it.each([
    ['127.0.0.1', true],
    ['127.255.255.255', true],
    ['128.0.0.1', false],
    ['::ffff:127.0.0.1', true],
    ['::ffff:7f00:1', true],
    ['::ffff:8000:1', false],
    ['::7f00:1', false],
    ['::1', false],
    ['127.0.0.1%lo', false],
    ['localhost', false],
  ])('judges %s by an IPv4 range as %s', (address, expected) => {
    expect(isWithin(address, loopback)).toBe(expected)
  })

  it('judges IPv6 addresses by IPv6 ranges alone', () => {
    const ranges = [parseRange('fd00::/8'), parseRange('10.0.0.0/8')]
    const judged = ['fd12::1', 'fe80::1', '::ffff:10.1.2.3', '10.1.2.3', '11.0.0.1'].map((address) =>
      isWithin(address, ranges),
    )
    expect(judged).toEqual([true, false, true, true, false])
  })

  it('allows nothing without ranges', () => {
    expect(isWithin('127.0.0.1', [])).toBe(false)
  })
})

describe('parseRange', () => {
  it.each(['', '127.0.0.1', '127.0.0.0/33', 'localhost/8', '::1/129', '10.0.0.0/-1'])('throws on %j', (text) => {
    expect(() => parseRange(text)).toThrow(/./)
  })
})
