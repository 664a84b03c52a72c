export { startAnvil, type Anvil, type AnvilOptions } from './anvil.ts'
export { freePort } from './free-port.ts'
export { createJsonRpc, type JsonRpc } from './json-rpc.ts'
export { startReceiver, type ReceivedRequest, type Receiver, type ReceiverBehaviour } from './receiver.ts'
export { startRpcProxy, type RpcInterception, type RpcProxy, type RpcRequest } from './rpc-proxy.ts'
export {
  scriptedToken,
  scriptedTokenAbi,
  startScriptedEvmNode,
  type ScriptedEvmNode,
  type ScriptedEvmNodeOptions,
} from './scripted-evm-node.ts'
export { deployToken, type Token, type Transfer } from './token.ts'
export { muxedAddress } from './stellar/assets.ts'
export { specEvent, specFunction, specStruct, type SpecType } from './stellar/contract-spec.ts'
export type { StellarFaults } from './stellar/faults.ts'
export type { SimulatedCall, SimulatedEvent, SimulatedOperation, SimulatedTransaction } from './stellar/operation.ts'
export { stellarOperation } from './stellar/operations.ts'
export {
  startStellarSimulator,
  type ClosedLedger,
  type StellarSimulator,
  type StellarSimulatorOptions,
} from './stellar/simulator.ts'
export { decodeXdr, encodeXdr, type XdrJson } from './stellar/xdr.ts'
export { tokenSpec, type TokenReference } from './stellar/token-contract.ts'
export { scVal } from './stellar/values.ts'
