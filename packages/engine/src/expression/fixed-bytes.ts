/** The N of `bytes1` … `bytes31`, in any letter case. `bytes32` fills its word and compares as any text. */
export function fixedBytesSize(kind: string): number | undefined {
  const size = /^bytes([1-9][0-9]?)$/i.exec(kind)?.[1]
  return size !== undefined && Number(size) < 32 ? Number(size) : undefined
}

/** The N bytes themselves: the text of a value has the full word, zeros or dirt after them (spec/03 §11.1). */
export function significantBytes(text: string, size: number): string {
  return text.startsWith('0x') && text.length === 66 ? text.slice(0, 2 + 2 * size) : text
}
