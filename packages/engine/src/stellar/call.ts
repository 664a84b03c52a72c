import { decodeBase64 } from './base64.ts'
import type { JsonValue } from '../config/json.ts'
import type { Envelope } from './envelope.ts'
import { type ScValue, readScValue } from './sc-value.ts'
import { contractAddressOf } from './strkey.ts'
import { decodeXdr } from './xdr.ts'
import { armOf, listOf, membersOf, textOf } from './xdr-json.ts'

/** A call of a contract's function. */
export type ContractCall = {
  /** `C…` */
  contractId: string
  functionName: string
  /**
   * Usually one list. Diagnostic events do not tell a single argument from a list of them, nor a void from none: there
   * are two then, and the spec decides.
   */
  argumentForms: readonly (readonly ScValue[])[]
  /** From 0, of the operation that began it. */
  operationIndex: number
  /** Made by another contract and not by the transaction. */
  isNested: boolean
}

/**
 * The calls of a transaction: those of its operations and, if asked for, those that contracts made. A v0 transaction has
 * none (spec/05 §8.1). Nested calls come from the diagnostic events if the node records them, which tell all, else from
 * the authorisations in the envelope, which tell those that somebody had to agree to. None is reported twice.
 *
 * @throws XdrError when a diagnostic event is none.
 */
export function callsOf(
  envelope: Envelope,
  { nested, diagnosticEventsXdr }: { nested: boolean; diagnosticEventsXdr: readonly string[] },
): ContractCall[] {
  if (envelope.form === 'v0') return []
  return envelope.operations.flatMap(({ type, index, body }) => {
    if (type !== 'invoke_host_function') return []
    const { host_function: hostFunction, auth } = membersOf(body)
    const { name, value } = armOf(hostFunction)
    const direct = name === 'invoke_contract' ? [readInvocation(value, { operationIndex: index, isNested: false })] : []
    if (!nested) return direct
    const made = nestedFromDiagnostics(diagnosticEventsXdr, index)
    return [...direct, ...(made.length > 0 ? made : nestedFromAuthorisations(listOf(auth), { direct: value, index }))]
  })
}

type CallPlace = Pick<ContractCall, 'operationIndex' | 'isNested'>

function readInvocation(json: JsonValue | undefined, place: CallPlace): ContractCall {
  const { contract_address: address, function_name: name, args } = membersOf(json)
  return {
    contractId: textOf(address),
    functionName: textOf(name),
    argumentForms: [listOf(args).map(readScValue)],
    ...place,
  }
}

function nestedFromAuthorisations(
  entries: readonly JsonValue[],
  { direct, index }: { direct: JsonValue | undefined; index: number },
): ContractCall[] {
  // Several signers may agree to one and the same call.
  const seen = new Set([JSON.stringify(direct)])
  const calls: ContractCall[] = []
  const visit = (json: JsonValue | undefined) => {
    const { function: called, sub_invocations: inner } = membersOf(json)
    const { name, value } = armOf(called)
    const key = JSON.stringify(value)
    if (name === 'contract_fn' && !seen.has(key)) {
      seen.add(key)
      calls.push(readInvocation(value, { operationIndex: index, isNested: true }))
    }
    for (const invocation of listOf(inner)) visit(invocation)
  }
  for (const entry of entries) visit(membersOf(entry).root_invocation)
  return calls
}

/** `fn_call` as base64 XDR of a symbol is in each such event: the others are not decoded. */
const CALL_TOPIC = Buffer.from('0000000f00000007666e5f63616c6c00', 'hex')

function nestedFromDiagnostics(events: readonly string[], operationIndex: number): ContractCall[] {
  return events.flatMap((xdr) => {
    if (!Buffer.from(decodeBase64(xdr)).includes(CALL_TOPIC)) return []
    const { contract_id: caller, body } = membersOf(membersOf(decodeXdr('DiagnosticEvent', xdr)).event)
    const { topics, data } = membersOf(armOf(body).value)
    const [event, called, name, ...others] = listOf(topics).map(readScValue)
    // The call of the operation itself has no caller.
    if (caller === null || event?.type !== 'Symbol' || event.text !== 'fn_call') return []
    const contractId = called && contractOf(called)
    if (contractId === undefined || name?.type !== 'Symbol' || others.length > 0) return []
    return [
      {
        contractId,
        functionName: name.text,
        argumentForms: argumentForms(readScValue(data)),
        operationIndex,
        isNested: true,
      },
    ]
  })
}

function contractOf(value: ScValue): string | undefined {
  if (value.type === 'Address') return value.text
  return value.type === 'Bytes' && value.text.length === 64 ? contractAddressOf(value.text) : undefined
}

function argumentForms(data: ScValue): readonly (readonly ScValue[])[] {
  if (data.type === 'Vec') return [data.elements, [data]]
  return data.type === 'Void' ? [[], [data]] : [[data]]
}
