import type { JsonValue } from '../config/json.ts'
import type { MatchArgument } from '../evm/argument-decoder.ts'
import type { DeclaredParameter } from '../expression/expression-finding.ts'
import type { Envelope, EnvelopeOperation, Memo } from './envelope.ts'
import type { OperationParameter } from './operation-parameter.ts'
import { operationTable } from './operation-table.ts'
import { splitMuxed } from './typed-argument.ts'
import { unescapeText } from './utf8-text.ts'
import { XdrError } from './xdr-error.ts'
import { decodeXdr } from './xdr.ts'
import { armOf, listOf, membersOf } from './xdr-json.ts'

export type OperationType = keyof typeof operationTable

/** An operation with what a condition may look at. */
export type Operation = {
  /** From 0. */
  index: number
  type: OperationType
  /** Own parameters first, then those all operations have. A muxed account `x` is its account, and `x_muxed` as written. */
  parameters: readonly MatchArgument[]
}

export const operationTypes: readonly OperationType[] = listTypes()

/**
 * The operations of a transaction, of the inner one of a fee bump. `resultXdr` adds what only the network knows: what a
 * path payment delivered, what a merged account held.
 *
 * @throws XdrError when the result cannot be decoded, or an operation is of a type newer than the table.
 */
export function operationsOf(envelope: Envelope, resultXdr?: string): Operation[] {
  const common = readCommon(envelope)
  const results = resultXdr === undefined ? [] : readResults(resultXdr)
  return envelope.operations.map((operation) => {
    const type = toOperationType(operation.type)
    const source = operation.source ?? envelope.source
    const from = { body: bodyOf(operation), source, result: results[operation.index] }
    const table: readonly OperationParameter[] = operationTable[type]
    const own = table.flatMap(({ name, kind, read }) => {
      const value = read(from)
      return value === undefined ? [] : splitMuxed({ name, value, kind, indexed: false })
    })
    return {
      index: operation.index,
      type,
      parameters: [...own, ...splitMuxed(toArgument('source', source, 'Address')), ...common],
    }
  })
}

/** What expressions on operations of the type may name; of `any` type only what all have. */
export function declaredParametersOf(type: OperationType | 'any'): DeclaredParameter[] {
  const own: readonly OperationParameter[] = type === 'any' ? [] : operationTable[type]
  return [...own, ...commonKinds].flatMap(({ name, kind }): DeclaredParameter[] => {
    return kind === 'Address'
      ? [
          { name, kind },
          { name: `${name}_muxed`, kind },
        ]
      : [{ name, kind }]
  })
}

export function isOperationType(name: string): name is OperationType {
  return Object.hasOwn(operationTable, name)
}

const commonKinds = [
  { name: 'source', kind: 'Address' },
  { name: 'tx_source', kind: 'Address' },
  { name: 'fee_source', kind: 'Address' },
  { name: 'is_fee_bump', kind: 'Bool' },
  { name: 'memo', kind: 'String' },
  { name: 'memo_type', kind: 'String' },
] as const

function readCommon({ form, source, feeSource, memo }: Envelope): MatchArgument[] {
  return [
    ...splitMuxed(toArgument('tx_source', source, 'Address')),
    ...splitMuxed(toArgument('fee_source', feeSource, 'Address')),
    toArgument('is_fee_bump', String(form === 'fee_bump'), 'Bool'),
    toArgument('memo', memoText(memo), 'String'),
    toArgument('memo_type', memo.type, 'String'),
  ]
}

function memoText({ type, text }: Memo): string {
  return type === 'text' ? unescapeText(text) : text
}

function toArgument(name: string, value: string, kind: string): MatchArgument {
  return { name, value, kind, indexed: false }
}

/** The body of a merge is an address alone, those of two others are nothing. */
function bodyOf({ body }: EnvelopeOperation): { [key: string]: JsonValue } {
  if (body === undefined) return {}
  return typeof body === 'string' ? { value: body } : membersOf(body)
}

function toOperationType(name: string): OperationType {
  if (!isOperationType(name)) throw new XdrError('has an operation of a newer protocol')
  return name
}

/** What the operations that succeeded returned; nothing when the transaction failed. */
function readResults(xdr: string): (JsonValue | undefined)[] {
  const outcome = armOf(membersOf(decodeXdr('TransactionResult', xdr)).result)
  const inner = outcome.name === 'tx_fee_bump_inner_success' ? innerOutcome(outcome.value) : outcome
  if (inner.name !== 'tx_success') return []
  return listOf(inner.value).map((json) => {
    const operation = armOf(json)
    const result = operation.name === 'op_inner' ? armOf(armOf(operation.value).value) : operation
    return result.name === 'success' ? result.value : undefined
  })
}

function innerOutcome(json: JsonValue | undefined) {
  return armOf(membersOf(membersOf(json).result).result)
}

function listTypes(): OperationType[] {
  return Object.keys(operationTable).filter(isOperationType)
}
