import type { SimulatedCall, SimulatedEvent, SimulatedOperation } from './operation.ts'
import { sourced } from './payments.ts'
import { scVal } from './values.ts'
import { sha256, type XdrJson } from './xdr.ts'

/** Who authorised a call: the transaction's source, or an address, whose newer forms came with protocol 27. */
export type Authorization =
  | 'source_account'
  | { kind: 'address' | 'address_v2' | 'address_with_delegates'; address: string }

/** A call of a contract; what it emits and which contracts it calls in turn is told. */
export function callContract(
  call: SimulatedCall,
  { from, authorization = 'source_account' }: { from?: string; authorization?: Authorization } = {},
): SimulatedOperation {
  return {
    ...sourced(from),
    body: {
      invoke_host_function: {
        host_function: { invoke_contract: target(call) },
        auth: [{ credentials: credentials(authorization), root_invocation: invocation(call) }],
      },
    },
    success: () => ({ invoke_host_function: { success: sha256(JSON.stringify(call)) } }),
    failure: { invoke_host_function: 'trapped' },
    call,
  }
}

/** A contract replaces its code by code that is on chain already, which the host tells by a system event. */
export function upgradeContract({
  contractId,
  oldHash,
  newHash,
  from,
}: {
  contractId: string
  oldHash: string
  newHash: string
  from?: string
}): SimulatedOperation {
  const executable = (hash: string) => scVal.vec([scVal.symbol('Wasm'), scVal.bytes(hash)])
  const call: SimulatedCall = {
    contractId,
    functionName: 'upgrade',
    args: [scVal.bytes(newHash)],
    events: [
      {
        type: 'system',
        contractId,
        topics: [scVal.symbol('executable_update'), executable(oldHash), executable(newHash)],
        data: scVal.vec([]),
      },
    ],
  }
  return {
    ...callContract(call, from === undefined ? {} : { from }),
    newExecutable: { contractId, wasmHash: newHash },
  }
}

/** All events of a call in the order of emission: those of the contracts it called come first. */
export function eventsOfCall({ calls = [], events = [] }: SimulatedCall): SimulatedEvent[] {
  return [...calls.flatMap(eventsOfCall), ...events]
}

/** `fn_call` and `fn_return` around what a call did, as a node with diagnostic events on tells it. */
export function traceOfCall(
  call: SimulatedCall,
  caller: string | null,
  hexOf: (contractId: string) => string,
): XdrJson[] {
  const diagnostic = (contractId: string | null, topics: XdrJson[], data: XdrJson): XdrJson => ({
    in_successful_contract_call: true,
    event: { ext: 'v0', contract_id: contractId, type_: 'diagnostic', body: { v0: { topics, data } } },
  })
  return [
    diagnostic(
      caller,
      [scVal.symbol('fn_call'), scVal.bytes(hexOf(call.contractId)), scVal.symbol(call.functionName)],
      call.args.length === 1 ? (call.args[0] ?? 'void') : call.args.length === 0 ? 'void' : scVal.vec(call.args),
    ),
    ...(call.calls ?? []).flatMap((inner) => traceOfCall(inner, call.contractId, hexOf)),
    ...(call.events ?? []).map((event) => ({ in_successful_contract_call: true, event: contractEventXdr(event) })),
    diagnostic(call.contractId, [scVal.symbol('fn_return'), scVal.symbol(call.functionName)], call.returns ?? 'void'),
  ]
}

/** `ContractEvent` of XDR. */
export function contractEventXdr({ type = 'contract', contractId, topics, data }: SimulatedEvent): XdrJson {
  return { ext: 'v0', contract_id: contractId, type_: type, body: { v0: { topics, data } } }
}

function target({ contractId, functionName, args }: SimulatedCall): XdrJson {
  return { contract_address: contractId, function_name: functionName, args }
}

function invocation(call: SimulatedCall): XdrJson {
  return { function: { contract_fn: target(call) }, sub_invocations: (call.calls ?? []).map(invocation) }
}

function credentials(authorization: Authorization): XdrJson {
  if (authorization === 'source_account') return authorization
  const { kind, address } = authorization
  const own = { address, nonce: '7', signature_expiration_ledger: 4_000_000, signature: 'void' }
  if (kind !== 'address_with_delegates') return { [kind]: own }
  return { [kind]: { address_credentials: own, delegates: [{ address, nested_delegates: [], signature: 'void' }] } }
}
