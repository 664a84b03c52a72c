/**
 * The rows of the conformance table that the product dialect evaluates otherwise than OZ Monitor, without what the
 * decoder knows. Every other row must have the same result; the documentation lists these.
 */
export const productDifferences: Readonly<Record<string, { readonly result: string; readonly reason: string }>> = {
  P44: { result: 'true', reason: 'TRUE and FALSE are booleans in any letter case (spec/03 §11.4).' },
  U28: { result: 'true', reason: 'Every integer width can be compared (spec/03 §11.1).' },
  U29: { result: 'true', reason: 'Every integer width can be compared (spec/03 §11.1).' },
  U30: { result: 'true', reason: 'Every integer width can be compared (spec/03 §11.1).' },
  I13: { result: 'true', reason: 'Every integer width can be compared (spec/03 §11.1).' },
  A5: { result: 'true', reason: '0X is a prefix of addresses as 0x is (spec/03 §11.14).' },
  T18: { result: 'true', reason: 'bytes1 to bytes31 compare with their own number of bytes (spec/03 §11.1).' },
  T19: { result: 'true', reason: 'Escapes in quoted text are removed (spec/03 §11.3).' },
  T22: { result: 'true', reason: 'Escapes in quoted text are removed (spec/03 §11.3).' },
  R23: { result: 'true', reason: 'Integers reached through a path compare with negative numbers (spec/03 §11.6).' },
  R27: { result: 'true', reason: 'Arrays of any element type can be searched (spec/03 §11.1).' },
  R29: { result: 'true', reason: 'Arrays of a fixed length can be searched (spec/03 §11.1).' },
  R31: { result: 'true', reason: 'Nested arrays can be searched (spec/03 §11.1).' },
  R36: { result: 'true', reason: 'Integers reached through a path compare with negative numbers (spec/03 §11.6).' },
  S5: { result: 'false', reason: 'Unsigned Stellar integers compare with negative numbers (spec/03 §11.12).' },
  S7: { result: 'true', reason: 'Stellar integers take quoted numbers (spec/03 §11.12).' },
  S8: { result: 'true', reason: 'Stellar integers take hexadecimal numbers (spec/03 §11.12).' },
  S13: { result: 'true', reason: 'Unsigned Stellar integers compare with negative numbers (spec/03 §11.12).' },
  S21: { result: 'true', reason: 'U256 and I256 are equal by value, not by text (spec/03 §11.12).' },
  S23: { result: 'true', reason: 'U256 and I256 have an order (spec/03 §11.12).' },
  S84: { result: 'true', reason: 'Stellar integers take quoted numbers (spec/03 §11.12).' },
  S87: { result: 'true', reason: 'Integers reached through a path compare with negative numbers (spec/03 §11.6).' },
}
