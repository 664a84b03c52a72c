import { createHash } from 'node:crypto'
import type { EvmHeader } from '@smt/chains'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFanOut } from '../delivery/fan-out.ts'
import { retractAlerts } from '../delivery/retraction-store.ts'
import type { TestApi, TestTenant } from '../testing/api-harness.ts'
import { createWatchingTenant, monitorBody, startConfigurationApi } from '../testing/configuration-api.ts'
import { matchedTransfer } from '../testing/stored-alerts.ts'
import { createCommitter, FencedError, type BlockRef, type EvaluatedBlock, type MonitorRef } from './commit.ts'
import { createRollback, type RetractAlerts } from './rollback.ts'

let api: TestApi
let acme: TestTenant
let monitor: MonitorRef
let sourceId: string

beforeAll(async () => {
  api = await startConfigurationApi()
  acme = await createWatchingTenant(api, 'acme')
  const body = monitorBody('transfers')
  const created = await api.request('POST', '/tenants/acme/monitors', { token: acme.owner.token, body })
  if (created.status !== 201) throw new Error(created.text)
  const { rows } = await api.test.admin.query<{ id: string; version_id: string; source_id: string }>(
    'select m.id, m.version_id, n.source_id from monitors m join monitor_networks n on n.monitor_id = m.id',
  )
  const [row] = rows
  if (row === undefined) throw new Error('the monitor is not there')
  sourceId = row.source_id
  const names = { monitorId: 'transfers', networkId: 'acme_evm', severity: 'high' }
  monitor = { tenantId: acme.id, id: row.id, versionId: row.version_id, ...names }
})
afterAll(() => api.close())

const changed = [
  'matches',
  'deliveries',
  'monitor_failures',
  'monitor_spans',
  'source_ranges',
  'source_blocks',
  'source_rollbacks',
  'notices',
] as const

beforeEach(async () => {
  for (const table of [...changed, 'chain_items']) await api.test.admin.query(`delete from ${table}`)
  await api.test.admin.query(
    'update chain_sources set epoch = $2, cursor_number = 100, cursor_hash = $3, cursor_time = null where id = $1',
    [sourceId, epoch, refOf(100).hash],
  )
})

const epoch = 7n
const hashOf = (text: string) => `0x${createHash('sha256').update(text).digest('hex')}`
const refOf = (number: number): BlockRef => ({ number: BigInt(number), hash: hashOf(`block ${number}`) })

function blockOf(number: number, { matches = 0, isFailing = false } = {}): EvaluatedBlock {
  const { matchedOn, matchedOnArgs, item } = matchedTransfer('')
  return {
    ...refOf(number),
    parentHash: refOf(number - 1).hash,
    time: new Date(1_700_000_000_000 + number * 1_000),
    matches: Array.from({ length: matches }, (_, txIndex) => {
      const txHash = hashOf(`transaction ${txIndex} of block ${number}`)
      return { monitor, txHash, txIndex, matchedOn, matchedOnArgs, withReceipt: false, positions: null, item }
    }),
    family: 'EVM',
    body: null,
    undecoded: 0,
    upgrades: [],
    failures: isFailing ? [{ monitor, error: 'a type is not known' }] : [],
  }
}

const commit = (from: number, blocks: EvaluatedBlock[]) =>
  createCommitter(api).commitBlocks({ source: { id: sourceId, epoch }, from: refOf(from), blocks })

/** A node on whose chain the blocks above `ancestor` are others. */
function chainFrom(ancestor: number) {
  const hashAt = (number: number) => (number > ancestor ? hashOf(`other ${number}`) : refOf(number).hash)
  const header = async (wanted: bigint): Promise<EvmHeader> => {
    const number = Number(wanted)
    return { number: wanted, hash: hashAt(number), parentHash: hashAt(number - 1), timestamp: wanted }
  }
  return { pinned: () => ({ header }) }
}

type Change = { cursor?: BlockRef; of?: bigint; retract?: RetractAlerts }

const rollBack = (cursor: number, ancestor: number, change: Change = {}) =>
  createRollback({ ...api, retractAlerts: change.retract ?? retractAlerts }).rollBack({
    source: { id: sourceId, epoch: change.of ?? epoch, networkId: 'acme_evm' },
    cursor: change.cursor ?? refOf(cursor),
    chain: chainFrom(ancestor),
    signal: new AbortController().signal,
  })

async function fanOutAll(): Promise<void> {
  const fanOut = createFanOut(api)
  while ((await fanOut.runBatch()).matches > 0);
}

async function rowsOf(text: string) {
  return (await api.test.admin.query<Record<string, unknown>>(text)).rows
}

async function everything(): Promise<string> {
  const texts: string[] = []
  for (const table of [...changed, 'chain_sources']) {
    const [row] = await rowsOf(`select coalesce(string_agg(t::text, ';' order by t::text), '') as text from ${table} t`)
    texts.push(`${table}: ${String(row?.['text'])}`)
  }
  return texts.join('\n')
}

describe('a rollback', () => {
  it('undoes everything above the ancestor, and nothing below, in one recorded step', async () => {
    await commit(100, [blockOf(101, { matches: 1 })])
    await commit(101, [blockOf(102, { matches: 2, isFailing: true })])
    await commit(102, [blockOf(103, { matches: 1, isFailing: true })])
    await fanOutAll()
    await api.test.admin.query(`update deliveries set state = 'delivered', finished_at = now()
      where match_id in (select id from matches where block_number <= 102)`)
    const found = await rollBack(103, 101)
    expect(found).toEqual({ to: refOf(101), depth: 2, orphanedMatches: 3 })
    expect(
      await rowsOf('select block_number::int as block, orphaned_at is not null as gone from matches order by 1, 2'),
    ).toEqual([
      { block: 101, gone: false },
      { block: 102, gone: true },
      { block: 102, gone: true },
      { block: 103, gone: true },
    ])
    expect(
      await rowsOf(`select m.block_number::int as block, d.kind, d.state from deliveries d join matches m on m.id = d.match_id
        order by 1, 2, 3`),
    ).toEqual([
      { block: 101, kind: 'alert', state: 'delivered' },
      { block: 102, kind: 'alert', state: 'delivered' },
      { block: 102, kind: 'alert', state: 'delivered' },
      { block: 102, kind: 'retraction', state: 'pending' },
      { block: 102, kind: 'retraction', state: 'pending' },
      { block: 103, kind: 'alert', state: 'cancelled' },
    ])
    expect(await rowsOf('select resolved_at is not null as closed from monitor_failures')).toEqual([
      { closed: true },
      { closed: true },
    ])
    expect(await rowsOf('select from_block::int, to_block::int from source_ranges')).toEqual([
      { from_block: 101, to_block: 101 },
    ])
    expect(await rowsOf('select number::int from source_blocks')).toEqual([{ number: 101 }])
    expect(await rowsOf('select cursor_number::int as number, cursor_hash as hash from chain_sources')).toEqual([
      { number: 101, hash: refOf(101).hash },
    ])
    expect(
      await rowsOf(
        `select from_number::int, from_hash, to_number::int, to_hash, orphaned_matches::int from source_rollbacks`,
      ),
    ).toEqual([
      {
        from_number: 103,
        from_hash: refOf(103).hash,
        to_number: 101,
        to_hash: refOf(101).hash,
        orphaned_matches: 3,
      },
    ])
    expect(await rowsOf('select kind, subject_id, resolved_at is null as is_open from notices order by kind')).toEqual([
      { kind: 'chain_reorganised', subject_id: 'acme_evm', is_open: true },
      { kind: 'monitor_failing', subject_id: 'transfers', is_open: false },
    ])
  })

  it.each<[string, Change]>([
    ['of another epoch', { of: epoch - 1n }],
    ['from another cursor', { cursor: { ...refOf(102), hash: hashOf('a third branch') } }],
  ])('%s is fenced and changes no row at all', async (_, change) => {
    await commit(100, [blockOf(101, { matches: 1 }), blockOf(102, { matches: 1, isFailing: true })])
    await fanOutAll()
    const before = await everything()
    await expect(rollBack(102, 100, change)).rejects.toThrow(FencedError)
    expect(await everything()).toBe(before)
  })

  it('whose last part fails changes no row at all', async () => {
    await commit(100, [blockOf(101, { matches: 1, isFailing: true })])
    const before = await everything()
    const retract = () => Promise.reject(new Error('killed'))
    await expect(rollBack(101, 100, { retract })).rejects.toThrow('killed')
    expect(await everything()).toBe(before)
  })

  it('cuts ranges and spans where the branches part', async () => {
    await commit(100, [blockOf(101), blockOf(102), blockOf(103), blockOf(104), blockOf(105)])
    await api.test.admin.query(
      `insert into monitor_spans (tenant_id, monitor_id, monitor_version_id, source_id, from_block, to_block)
       select $1, $2, $3, $4, f, t from unnest(array[90, 95, 103, 105]::int[], array[101, 104, 104, null]::int[]) as s (f, t)`,
      [acme.id, monitor.id, monitor.versionId, sourceId],
    )
    await rollBack(105, 102)
    expect(await rowsOf('select from_block::int as f, to_block::int as t from monitor_spans order by 1, 2')).toEqual([
      { f: 90, t: 101 },
      { f: 95, t: 102 },
      { f: 103, t: 102 },
      { f: 103, t: null },
    ])
    expect(await rowsOf('select from_block::int, to_block::int from source_ranges')).toEqual([
      { from_block: 101, to_block: 102 },
    ])
    // The new branch lengthens the range that was cut.
    await commit(102, [{ ...blockOf(103), hash: hashOf('other 103') }])
    expect(await rowsOf('select from_block::int, to_block::int from source_ranges')).toEqual([
      { from_block: 101, to_block: 103 },
    ])
  })

  it('closes a gap before its repair, which then stores nothing of the abandoned block', async () => {
    await commit(100, [blockOf(101, { isFailing: true })])
    await api.test.admin.query('update monitor_failures set next_attempt_at = now()')
    const committer = createCommitter(api)
    const [failure] = await committer.listDueFailures(sourceId, 10)
    if (failure === undefined) throw new Error('no failure is due')
    await rollBack(101, 100)
    await committer.repair(sourceId, { failure, block: blockOf(101, { matches: 1 }) })
    expect(await rowsOf('select id from matches')).toEqual([])
    expect(await committer.listDueFailures(sourceId, 10)).toEqual([])
  })

  it('orphans more matches at once than other transactions write rows', { timeout: 120_000 }, async () => {
    await commit(100, [blockOf(101, { matches: 3_000 })])
    await commit(101, [blockOf(102, { matches: 3_000 })])
    await fanOutAll()
    await api.test.admin.query(`update deliveries set state = 'delivered', finished_at = now()`)
    expect(await rollBack(102, 100)).toMatchObject({ orphanedMatches: 6_000 })
    // More than 1,000 matches of a block are told as one.
    expect(await rowsOf(`select count(*)::int as n from deliveries where kind = 'retraction'`)).toEqual([{ n: 2 }])
  })
})
