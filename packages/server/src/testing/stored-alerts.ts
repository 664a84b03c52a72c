import { createHash } from 'node:crypto'
import { stringifyJson, type JsonValue } from '@smt/engine'
import type { StoredMatch } from '../delivery/match-object.ts'
import type { TestApi, TestTenant } from './api-harness.ts'

const hashOf = (text: string) => `0x${createHash('sha256').update(text).digest('hex')}`

/** What ingestion stores of one matched transfer. */
export function matchedTransfer(txHash: string) {
  const [from, to, token] = ['11', '22', 'aa'].map((end) => `0x${end.padStart(40, '0')}`) as [string, string, string]
  const log = { address: token, topics: [hashOf('Transfer')], data: '0x05', logIndex: '0x0', removed: false }
  const args = [
    { name: 'from', value: from, indexed: true, kind: 'address' },
    { name: 'value', value: '5', indexed: false, kind: 'uint256' },
  ]
  const signature = 'Transfer(address,address,uint256)'
  return {
    family: 'EVM',
    networkSlug: 'acme_evm',
    withReceipt: false,
    monitor: {
      name: 'Monitor transfers',
      networks: ['acme_evm'],
      paused: false,
      addresses: [{ address: token }],
      match_conditions: { functions: [], events: [{ signature }], transactions: [] },
      trigger_conditions: [],
      triggers: ['ops'],
    },
    item: { transaction: { hash: txHash, from, to, value: '0x2a' }, logs: [log], receipt: null },
    block: null,
    positions: null,
    matchedOn: { functions: [], events: [{ signature, expression: null }], transactions: [] },
    matchedOnArgs: { functions: null, events: [{ signature, args, hex_signature: hashOf('Transfer') }] },
  } satisfies StoredMatch
}

/** What ingestion stores of one matched Stellar transaction. */
export function matchedPayment(txHash: string) {
  return {
    family: 'Stellar',
    networkSlug: 'acme_stellar',
    withReceipt: false,
    monitor: { ...matchedTransfer(txHash).monitor, addresses: [] },
    item: { transaction: { txHash, status: 'SUCCESS', applicationOrder: 1, feeBump: false, ledger: 7, createdAt: 1 } },
    block: { hash: 'cd'.repeat(32), sequence: 7, ledgerCloseTime: '1', headerXdr: 'AAAA', metadataXdr: 'AAAA' },
    matchedOn: { functions: [], events: [], transactions: [{ status: 'Success', expression: null }] },
    matchedOnArgs: { functions: null, events: null },
    positions: { functions: [], events: [], operations: [] },
  } satisfies StoredMatch
}

/** The same with parts of it changed. */
export function storedMatch(txHash: string, change: Partial<StoredMatch> = {}): StoredMatch {
  return { ...matchedTransfer(txHash), ...change }
}

export type StoredAlertsOptions = {
  tenant: TestTenant
  monitorId: string
  /** Transactions of one block that matched. */
  count?: number
  block?: number
  /** What this match stores instead; the transaction's hash is a digest of block and position. */
  change?: Partial<Pick<StoredMatch, 'item' | 'matchedOn' | 'matchedOnArgs' | 'withReceipt'>>
  isOrphaned?: boolean
  /** SQL, such as `now() - interval '1 day'`. */
  blockTime?: string
  createdAt?: string
}

export type StoredAlert = { id: string; txHash: string }

/** Matches as ingestion commits them: pending, of the current version of the monitor, on its first network. */
export async function storeMatches(api: Pick<TestApi, 'test'>, options: StoredAlertsOptions): Promise<StoredAlert[]> {
  const { tenant, monitorId, count = 1, block = 100, change = {}, isOrphaned = false, createdAt = 'now()' } = options
  const { blockTime = `date_trunc('day', now())` } = options
  const blockHash = hashOf(`block ${block}`)
  const txHashes = Array.from({ length: count }, (_, index) => hashOf(`transaction ${index} of block ${block}`))
  const json = (value: JsonValue | undefined) => stringifyJson(value)
  const bodies = txHashes.map((txHash) => json(change.item ?? matchedTransfer(txHash).item))
  const sample = { ...storedMatch(''), ...change }
  await api.test.admin.query(
    `insert into chain_items (source_id, block_hash, tx_hash, block_number, block_time, body)
     select n.source_id, $3, i.tx_hash, $4, ${blockTime}, i.body::json
     from monitors o join monitor_networks n on n.tenant_id = o.tenant_id and n.monitor_id = o.id and n.position = 0,
       unnest($5::text[], $6::text[]) as i (tx_hash, body)
     where o.tenant_id = $1 and o.monitor_id = $2 and o.is_active
     on conflict do nothing`,
    [tenant.id, monitorId, blockHash, block, txHashes, bodies],
  )
  const { rows } = await api.test.admin.query<{ id: string; tx_hash: string }>(
    `insert into matches (tenant_id, match_at, match_key, monitor_id, monitor_version_id, source_id, network_id,
       block_number, block_hash, tx_hash, tx_index, severity, matched_on, matched_on_args, with_receipt, orphaned_at, created_at)
     select o.tenant_id, ${blockTime}, sha256(convert_to(o.id::text || $3 || i.tx_hash, 'UTF8')), o.id, o.version_id, n.source_id,
       n.network_id, $4, $3, i.tx_hash, i.position - 1, o.severity, $6::json, $7::json, $8, case when $9 then now() end, ${createdAt}
     from monitors o join monitor_networks n on n.tenant_id = o.tenant_id and n.monitor_id = o.id and n.position = 0,
       unnest($5::text[]) with ordinality as i (tx_hash, position)
     where o.tenant_id = $1 and o.monitor_id = $2 and o.is_active
     order by i.position
     returning id, tx_hash`,
    [
      tenant.id,
      monitorId,
      blockHash,
      block,
      txHashes,
      json(sample.matchedOn),
      json(sample.matchedOnArgs),
      sample.withReceipt,
      isOrphaned,
    ],
  )
  if (rows.length !== count) throw new Error('the monitor or its network is not there')
  return rows.map(({ id, tx_hash: txHash }) => ({ id, txHash }))
}
