import ipaddr from 'ipaddr.js'

export type AddressRange = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Addresses that look public but belong to a cloud's inside, or are anycast services of infrastructure. */
const deniedV4 = ['168.63.129.16/32', '192.31.196.0/24', '192.52.193.0/24', '192.175.48.0/24'].map(parseRange)
const globalV6 = parseRange('2000::/3')
const deniedV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20', '5f00::/16'].map(
  parseRange,
)

/**
 * Whether an outbound connection may go to this address: public unicast only (security.md 4.1). IPv6 only inside
 * 2000::/3, without the blocks that embed IPv4 addresses or serve special purposes; anything unparsable or with a zone is
 * forbidden.
 */
export function classifyAddress(text: string): 'public' | 'forbidden' {
  if (text.includes('%') || !ipaddr.isValid(text)) return 'forbidden'
  const address = ipaddr.parse(text)
  if (address instanceof ipaddr.IPv4) {
    if (address.toString() !== text) return 'forbidden'
    return address.range() === 'unicast' && !deniedV4.some((range) => isInRange(address, range))
      ? 'public'
      : 'forbidden'
  }
  const isGlobal = isInRange(address, globalV6) && !deniedV6.some((range) => isInRange(address, range))
  return isGlobal && address.range() === 'unicast' ? 'public' : 'forbidden'
}

/** Whether a text is an address in its usual spelling, without a zone. */
export function isAddress(text: string): boolean {
  return !text.includes('%') && (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text))
}

/** One spelling for each address; a mapped IPv4 address is that address. What is no address stays as it is. */
export function canonicalAddress(text: string): string {
  if (text.includes('%') || !ipaddr.isValid(text)) return text
  return ipaddr.process(text).toString()
}

/** What is limited as one address: of IPv6 the first 64 bits, since whoever has one address has all of these. */
export function addressBlock(text: string): string {
  if (text.includes('%') || !ipaddr.isValid(text)) return text
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.toString()
  const block = address.parts.map((part, index) => (index < 4 ? part.toString(16) : '0')).join(':')
  return `${ipaddr.IPv6.parse(block).toString()}/64`
}

/** Parses a CIDR such as `127.0.0.0/8`; throws on anything else. */
export function parseRange(cidr: string): AddressRange {
  return ipaddr.parseCIDR(cidr)
}

/** Whether an address is in one of the operator's ranges. A mapped IPv4 address counts as that address. */
export function isWithin(text: string, ranges: readonly AddressRange[]): boolean {
  if (text.includes('%') || !ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  return ranges.some((range) => isInRange(address, range))
}

function isInRange(address: ipaddr.IPv4 | ipaddr.IPv6, [base, bits]: AddressRange): boolean {
  if (address instanceof ipaddr.IPv4) return base instanceof ipaddr.IPv4 && address.match(base, bits)
  return base instanceof ipaddr.IPv6 && address.match(base, bits)
}
