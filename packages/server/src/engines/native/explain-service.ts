import { RpcError } from '@smt/chains'
import { monitorSchema, type JsonValue } from '@smt/engine'
import { createChainClient, openSource, type ChainClientDeps } from '../../ingestion/chain-client.ts'
import type { Database } from '../../platform/db/doors.ts'
import { AppError, InvalidObjectError, NotFoundError } from '../../platform/errors.ts'
import type { RpcBudget } from '../../tenants/rpc-budget.ts'
import type { UsageRecorder } from '../../usage/usage-recorder.ts'
import { explainTransaction, type FamilyExplanation } from './explain-transaction.ts'
import { createTally } from '../../platform/tally.ts'

/** A monitor as its tenant asks about it, and the one of its networks that is meant. */
export type ExplainedMonitor = {
  tenantId: string
  configuration: JsonValue
  extensions: JsonValue
  networks: readonly { networkId: string; sourceId: string }[]
  network: string | undefined
  txHash: string
}

export type ExplainedTransaction = {
  networkId: string
  block: { number: bigint; hash: string }
  explanation: FamilyExplanation['explanation']
}

/** Reads one transaction from the chain and asks the engine why a monitor matches it or not. Nothing is stored. */
export type ExplainService = { explain(asked: ExplainedMonitor): Promise<ExplainedTransaction> }

export type ExplainServiceDeps = ChainClientDeps & {
  database: Pick<Database, 'withPlatform'>
  usage: Pick<UsageRecorder, 'rpcCall'>
  budget: Pick<RpcBudget, 'of'>
  /** Aborted when the API is about to close: a failure is then told at once. */
  closing?: AbortSignal | undefined
}

/** Explaining asks the nodes that everybody's blocks come from. */
const atOnceMax = 2
/** Whoever asks waits this long for the budget of an own network; for more, it is asked to come again. */
const budgetWaitMaxMs = 2_000

export function createExplainService(deps: ExplainServiceDeps): ExplainService {
  const running = createTally()

  /** Whatever is asked of a node here is asked for this tenant alone, also of a shared one. */
  const openChain = async (tenantId: string, place: { sourceId: string; networkId: string }) => {
    const opened = await deps.database.withPlatform((tx) => openSource(tx, deps, place.sourceId))
    if (opened === undefined) throw new NotFoundError('The network')
    const { network_passphrase: passphrase } = opened.network
    const onCall = () => deps.usage.rpcCall(tenantId, place)
    const budget = opened.tenantId === null ? undefined : deps.budget.of(opened.tenantId)
    const rest = (delayMs: number) => deps.clock.sleep(delayMs, deps.closing)
    const { chain, host } = createChainClient(deps, { ...opened, onCall, budget, rest })
    const waitMs = (await budget?.delayMs(host)) ?? 0
    if (waitMs > budgetWaitMaxMs) {
      const message = 'The requests to own networks are used up for the moment (max_rpc_requests_per_minute).'
      throw new AppError('rate_limited', message, { retryAfterS: Math.ceil(waitMs / 1_000) })
    }
    return { chain, passphrase: passphrase ?? undefined }
  }

  const explain: ExplainService['explain'] = async (asked) => {
    const { configuration, extensions, networks, network, txHash } = asked
    const { networkId, sourceId } = chosenNetwork(networks, network)
    const { chain, passphrase } = await openChain(asked.tenantId, { sourceId, networkId })
    try {
      const located = await chain.locate(txHash)
      const monitor = { configuration: monitorSchema.parse(configuration), extensions, passphrase }
      const { explanation } = await explainTransaction(located, monitor)
      const { number, hash } = located.block.header
      return { networkId, block: { number, hash }, explanation }
    } catch (error) {
      throw error instanceof RpcError ? toAppError(error) : error
    }
  }

  return {
    explain: async (asked) => {
      if (running.of(asked.tenantId) >= atOnceMax) {
        throw new AppError('busy', 'This tenant is having transactions explained already.', { retryAfterS: 1 })
      }
      running.add(asked.tenantId)
      try {
        return await explain(asked)
      } finally {
        running.remove(asked.tenantId)
      }
    },
  }
}

function chosenNetwork(
  networks: ExplainedMonitor['networks'],
  wanted: string | undefined,
): ExplainedMonitor['networks'][number] {
  const candidates = wanted === undefined ? networks : networks.filter(({ networkId }) => networkId === wanted)
  const [only] = candidates
  if (only !== undefined && candidates.length === 1) return only
  const names = networks.map(({ networkId }) => networkId).join(', ')
  const message =
    wanted === undefined
      ? `The monitor watches several networks; name one of ${names}.`
      : `The monitor does not watch this network, but ${names}.`
  throw new InvalidObjectError([{ pointer: '/network', code: 'unknown_network', message }])
}

/** The message of an RpcError never quotes a node or names its address. */
function toAppError(error: RpcError): AppError {
  if (error.code === 'null_result') return new NotFoundError('A mined transaction with this hash', error)
  return new AppError('node_failed', `The transaction could not be read: ${error.message}.`, { cause: error })
}
