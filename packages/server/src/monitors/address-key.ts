/** An address as it is looked up: without a leading `0x` and white space, in lower case. */
export function addressKeyOf(address: string): string {
  return address.replace(/^0x/, '').replaceAll(/\s/gu, '').toLowerCase()
}
