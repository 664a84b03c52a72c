import { assembleMatch, compileMonitors, evaluateBlock, factsNeeded, type EvmReceipt } from '@smt/engine'
import type { EvaluateFamily } from './evaluate-network.ts'
import { openEvmChain } from './open-chain.ts'

/** One block of an EVM network, with the receipts of candidates. */
export const evaluateEvm: EvaluateFamily = async ({ http, signal, now }, { network, monitors, block: wanted }) => {
  const chain = openEvmChain({ http, now }, network)
  const index = compileMonitors(
    network.slug,
    monitors.map(({ file, config }) => ({ key: file, configuration: config })),
  )
  const number = wanted ?? (await chain.head({ signal }))
  const data = await chain.block(number, { signal })
  const { receiptHashes } = factsNeeded(index, data)
  const receipts =
    receiptHashes.length === 0
      ? new Map<string, EvmReceipt>()
      : await chain.receipts(data.block, receiptHashes, { signal })
  const result = evaluateBlock(index, data, { receipts })
  const configOf = new Map(monitors.map(({ file, config }) => [file, config]))
  return {
    block: number,
    matches: result.matches.flatMap(({ key, item, matchedOn, matchedOnArgs, withReceipt }) => {
      const monitor = configOf.get(key)
      if (monitor === undefined) return []
      const parts = { item, matchedOn, matchedOnArgs, withReceipt }
      return [assembleMatch({ chain: 'EVM', monitor, networkSlug: network.slug, ...parts })]
    }),
    failures: result.failures.map(({ key, error }) => ({ file: key, error })),
  }
}
