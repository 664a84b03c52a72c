import { type Problem, toPointer } from '../../config/problem.ts'
import type { ContractInterface } from '../../stellar/contract-interface.ts'

type Place = {
  path: readonly (string | number)[]
  /** Of the contracts whose specs are given; whether that is all of them. */
  interfaces: readonly ContractInterface[]
  isAllKnown: boolean
}

/** A type that no value has and no spec defines: OZ Monitor takes it and never matches (spec/05 §1.5). */
export function checkSignatureTypes(signature: string, { path, interfaces, isAllKnown }: Place): Problem[] {
  const defined = new Set(interfaces.flatMap(({ types }) => [...types.keys()].map((name) => name.toLowerCase())))
  const start = signature.indexOf('(')
  if (start < 0) return []
  const names = signature
    .slice(start)
    .split(/[(),<>]/)
    .map((name) => name.trim())
    .filter((name) => name !== '' && !isKnownType(name) && !defined.has(name.toLowerCase()))
  const pointer = toPointer([...path, 'signature'])
  return [...new Set(names)].flatMap((name): Problem[] => {
    const hint = hintFor(name)
    // A contract on chain may define any other name.
    if (!isAllKnown && hint === undefined) return []
    const message = `has the type ${name.slice(0, 60)}, which no value has, so the condition cannot match`
    return [{ pointer, code: 'unknown_type', message, ...(hint === undefined ? {} : { hint }) }]
  })
}

const plainTypes: ReadonlySet<string> = new Set(
  (
    'bool void error val u32 i32 u64 i64 u128 i128 u256 i256 timepoint duration bytes string symbol address ' +
    'muxedaddress vec map tuple option result'
  ).split(' '),
)

function isKnownType(name: string): boolean {
  return plainTypes.has(name.toLowerCase()) || /^bytes[0-9]+$/i.test(name)
}

/** Names that come from other chains or from Rust, which no contract defines as its own. */
function hintFor(name: string): string | undefined {
  const [, sign, width] = /^(u?)int([0-9]*)$/i.exec(name) ?? []
  if (sign !== undefined)
    return `Write ${sign === '' ? 'I' : 'U'}${['32', '64', '128', '256'].includes(width ?? '') ? width : '128'}.`
  return hints.get(name.toLowerCase())
}

const hints: ReadonlyMap<string, string> = new Map([
  ['boolean', 'Write Bool.'],
  ['bytesn', 'Write Bytes and the number of bytes, such as Bytes32.'],
  ['array', 'Write Vec and the type of the elements, such as Vec<U32>.'],
  ['object', 'Write Map and the types of keys and values, such as Map<String,U32>.'],
])
