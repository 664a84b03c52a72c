import { ChainDataError, type JsonValue, type LedgerData, readLedgerOf, type StellarSpec } from '@smt/engine'
import { isJsonObject } from './json-rpc-response.ts'
import { inconsistent, type LedgerRange, RpcError } from './rpc-error.ts'
import type { EndpointCall, RpcCallOptions, RpcPool } from './rpc-pool.ts'
import { fetchContractSpec } from './stellar-contract-spec.ts'
import { createLedgerFetching, fetchLedgerHeader } from './stellar-ledger.ts'

/** What identifies a ledger and links it to the one before. Hashes are lower-case hexadecimal without prefix. */
export type StellarHeader = { number: bigint; hash: string; parentHash: string; timestamp: bigint }

/**
 * Reads a Stellar network from stellar-rpc nodes. Every answer is checked while other endpoints can still be asked, so an
 * endpoint that lags behind or contradicts itself is passed over. All functions throw RpcError; none turns a failure into
 * an empty answer. How many requests a ledger takes depends on the ledger alone.
 */
export type StellarChain = {
  /** The sequence of the newest ledger (`getLatestLedger`). */
  head(options?: RpcCallOptions): Promise<bigint>
  /**
   * The ledger with all its transactions and its contract and system events, all of one endpoint: `getLedgers` for that
   * one ledger, then pages of `getTransactions` and `getEvents`, usually one each.
   *
   * @throws RpcError `null_result` (not closed yet), `outside_retention` (no endpoint keeps it; `range` says what is
   * kept), `inconsistent_block` (another ledger, foreign, missing or repeated items, a cursor that does not move on),
   * `too_large`, and those of the pool.
   */
  block(number: bigint, options?: RpcCallOptions): Promise<LedgerData>
  /** The ledger's header alone, by `getLedgers`. Throws RpcError as `block` does. */
  header(number: bigint, options?: RpcCallOptions): Promise<StellarHeader>
  /**
   * The ledger that a transaction (hash in lower case) stands in, by `getTransaction`.
   *
   * @throws RpcError `null_result` when no endpoint knows the transaction, or not any more.
   */
  locate(txHash: string, options?: RpcCallOptions): Promise<{ ledger: bigint }>
  /**
   * The spec of the contract's code by two `getLedgerEntries`; null when it has none: no such contract, an asset's
   * contract, or code without a spec.
   *
   * @throws RpcError when the nodes cannot say; XdrError when nodes agree that it is what this version cannot read.
   */
  contractSpec(contractId: string, options?: RpcCallOptions): Promise<StellarSpec | null>
  /** The ledgers that an endpoint keeps, by `getHealth`: the first one that answers. */
  retention(options?: RpcCallOptions): Promise<LedgerRange>
  /** Headers that must agree with one another: all of one endpoint, the first that answers (RpcPool.pinned). */
  pinned(): Pick<StellarChain, 'header'>
}

/** Reads the network that `pool` gives access to. */
export function createStellarChain(pool: RpcPool): StellarChain {
  const fetchLedger = createLedgerFetching()

  return {
    head: (options) =>
      pool.call('getLatestLedger', undefined, (result) => readLedgerOf(result, '', 'sequence'), options),
    block: (number, options) =>
      pool.withOneEndpoint((call) => explainingRefusal(call, number, () => fetchLedger(call, number)), options),
    header: (number, options) => pool.withOneEndpoint((call) => fetchHeader(call, number), options),
    locate: (txHash, options) =>
      pool.call('getTransaction', { hash: txHash }, (result) => readLocation(txHash, result), options),
    contractSpec: (contractId, options) => fetchContractSpec(pool, contractId, options),
    retention: (options) => pool.call(healthMethod, undefined, readRange, options),
    pinned() {
      const pinned = pool.pinned()
      return {
        header: (number, options) =>
          fetchHeader((method, params, parse) => pinned.call(method, params, parse, options), number),
      }
    },
  }
}

const healthMethod = 'getHealth'

function fetchHeader(call: EndpointCall, number: bigint): Promise<StellarHeader> {
  return explainingRefusal(call, number, async () => {
    const { ledger } = await fetchLedgerHeader(call, number)
    return { number, hash: ledger.hash, parentHash: ledger.previousHash, timestamp: ledger.closeTime }
  })
}

/**
 * Nodes refuse what they no longer keep and what has not closed yet in the same words (spec/05 §3); only the first is
 * gone for good. The range in the refusal tells, else the node is asked.
 */
async function explainingRefusal<T>(call: EndpointCall, number: bigint, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== 'outside_retention') throw error
    const { rpcMethod = healthMethod, rpcCode } = error
    const range = error.range ?? (await call(healthMethod, undefined, readRange))
    if (number > range.latest)
      throw new RpcError('null_result', rpcMethod, { detail: 'the ledger has not closed there' })
    if (number >= range.oldest) throw inconsistent(rpcMethod, 'a ledger refused that the node says it has')
    throw new RpcError('outside_retention', rpcMethod, { detail: `oldest ledger ${range.oldest}`, rpcCode, range })
  }
}

function readRange(result: JsonValue): LedgerRange {
  return {
    oldest: readLedgerOf(result, '', 'oldestLedger'),
    latest: readLedgerOf(result, '', 'latestLedger'),
  }
}

function readLocation(txHash: string, result: JsonValue): { ledger: bigint } {
  const method = 'getTransaction'
  if (!isJsonObject(result)) throw new ChainDataError('', 'must be an object')
  if (result['status'] === 'NOT_FOUND') throw new RpcError('null_result', method)
  const { txHash: own } = result
  if (own !== undefined && own !== txHash) throw inconsistent(method, 'another transaction')
  return { ledger: readLedgerOf(result, '', 'ledger') }
}
