import type { XdrJson } from './xdr.ts'

/** `ScVal` as JSON, for arguments, topics and data. */
export const scVal = {
  address: (address: string): XdrJson => ({ address }),
  symbol: (text: string): XdrJson => ({ symbol: text }),
  string: (text: string): XdrJson => ({ string: text }),
  bool: (value: boolean): XdrJson => ({ bool: value }),
  u32: (value: number): XdrJson => ({ u32: value }),
  u64: (value: bigint): XdrJson => ({ u64: value.toString() }),
  i128: (value: bigint): XdrJson => ({ i128: value.toString() }),
  /** `hex` without prefix. */
  bytes: (hex: string): XdrJson => ({ bytes: hex }),
  vec: (items: XdrJson[]): XdrJson => ({ vec: items }),
  /** With symbols as keys, sorted as the host wants them. */
  map: (fields: Record<string, XdrJson>): XdrJson => ({
    map: Object.keys(fields)
      .toSorted()
      .map((name) => ({ key: { symbol: name }, val: fields[name] ?? 'void' })),
  }),
}
