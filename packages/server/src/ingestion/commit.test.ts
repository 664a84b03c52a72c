import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestApi, TestTenant } from '../testing/api-harness.ts'
import { createWatchingTenant, monitorBody, startConfigurationApi } from '../testing/configuration-api.ts'
import { matchedTransfer } from '../testing/stored-alerts.ts'
import {
  blockTimeOf,
  createCommitter,
  FencedError,
  type Committer,
  type EvaluatedBlock,
  type MonitorRef,
} from './commit.ts'
import type { BlockRef } from './commit-store.ts'

let api: TestApi
let acme: TestTenant
let committer: Committer
let monitor: MonitorRef
let sourceId: string

beforeAll(async () => {
  api = await startConfigurationApi()
  acme = await createWatchingTenant(api, 'acme')
  const created = await api.request('POST', '/tenants/acme/monitors', {
    token: acme.owner.token,
    body: monitorBody('transfers'),
  })
  if (created.status !== 201) throw new Error(created.text)
  committer = createCommitter(api)
  const { rows } = await api.test.admin.query<{ id: string; version_id: string; source_id: string }>(
    'select m.id, m.version_id, n.source_id from monitors m join monitor_networks n on n.monitor_id = m.id',
  )
  const [row] = rows
  if (row === undefined) throw new Error('the monitor is not there')
  sourceId = row.source_id
  monitor = {
    tenantId: acme.id,
    id: row.id,
    versionId: row.version_id,
    monitorId: 'transfers',
    networkId: 'acme_evm',
    severity: 'high',
  }
})
afterAll(() => api.close())

const tables = ['matches', 'chain_items', 'monitor_failures', 'source_ranges', 'source_blocks', 'notices'] as const

beforeEach(async () => {
  for (const table of tables) await api.test.admin.query(`delete from ${table}`)
  await api.test.admin.query('update monitors set last_match_at = null')
  await setCursor(refOf(100))
})

const hashOf = (text: string) => `0x${createHash('sha256').update(text).digest('hex')}`
const refOf = (number: number): BlockRef => ({ number: BigInt(number), hash: hashOf(`block ${number}`) })
const epoch = 7n

async function setCursor({ number, hash }: BlockRef): Promise<void> {
  await api.test.admin.query(
    'update chain_sources set epoch = $2, cursor_number = $3, cursor_hash = $4, cursor_time = null where id = $1',
    [sourceId, epoch, number, hash],
  )
}

function blockOf(number: number, change: Partial<EvaluatedBlock> = {}): EvaluatedBlock {
  const time = new Date(1_700_000_000_000 + number * 1_000)
  return {
    ...refOf(number),
    parentHash: refOf(number - 1).hash,
    time,
    family: 'EVM',
    body: null,
    undecoded: 0,
    upgrades: [],
    matches: [],
    failures: [],
    ...change,
  }
}

function matchOf(txHash = hashOf('transaction'), change: Partial<EvaluatedBlock['matches'][number]> = {}) {
  const { matchedOn, matchedOnArgs, item } = matchedTransfer(txHash)
  return { monitor, txHash, txIndex: 0, matchedOn, matchedOnArgs, withReceipt: false, positions: null, item, ...change }
}

const commit = (blocks: EvaluatedBlock[], from = refOf(100), of = epoch) =>
  committer.commitBlocks({ source: { id: sourceId, epoch: of }, from, blocks })

async function countsOf(): Promise<Record<string, number>> {
  const entries: [string, number][] = []
  for (const table of tables) {
    const { rows } = await api.test.admin.query<{ n: number }>(`select count(*)::int as n from ${table}`)
    entries.push([table, rows[0]?.n ?? -1])
  }
  return Object.fromEntries(entries)
}

/** Everything that a commit may touch, as it is stored. */
async function everything(): Promise<string> {
  const texts: string[] = []
  for (const table of [...tables, 'chain_sources', 'monitors']) {
    const { rows } = await api.test.admin.query<{ text: string }>(
      `select coalesce(string_agg(t::text, ';' order by t::text), '') as text from ${table} t`,
    )
    texts.push(`${table}: ${rows[0]?.text}`)
  }
  return texts.join('\n')
}

async function cursorOf() {
  const { rows } = await api.test.admin.query<{ number: string; hash: string }>(
    'select cursor_number::text as number, cursor_hash as hash from chain_sources where id = $1',
    [sourceId],
  )
  return rows[0]
}

async function ranges() {
  const { rows } = await api.test.admin.query<object>(
    `select from_block::int as "from", to_block::int as "to", state, reason from source_ranges
     where source_id = $1 order by from_block`,
    [sourceId],
  )
  return rows
}

describe('a commit', () => {
  it('stores matches, their transaction, failures, the range, the blocks and the cursor together', async () => {
    const blocks = [
      blockOf(101),
      blockOf(102, { matches: [matchOf()] }),
      blockOf(103, { failures: [{ monitor, error: 'a type is not known' }] }),
    ]
    expect(await commit(blocks)).toBe(1)
    expect(await countsOf()).toEqual({
      matches: 1,
      chain_items: 1,
      monitor_failures: 1,
      source_ranges: 1,
      source_blocks: 3,
      notices: 1,
    })
    expect(await ranges()).toEqual([{ from: 101, to: 103, state: 'evaluated', reason: null }])
    expect(await cursorOf()).toEqual({ number: '103', hash: refOf(103).hash })
    const { rows } = await api.test.admin.query(
      `select tenant_id, monitor_id, monitor_version_id, network_id, block_number::int as block, tx_hash, severity,
         fanout_state, incarnation, match_at from matches`,
    )
    expect(rows).toEqual([
      {
        tenant_id: acme.id,
        monitor_id: monitor.id,
        monitor_version_id: monitor.versionId,
        network_id: 'acme_evm',
        block: 102,
        tx_hash: hashOf('transaction'),
        severity: 'high',
        fanout_state: 'pending',
        incarnation: 1,
        match_at: blockOf(102).time,
      },
    ])
    const { rows: touched } = await api.test.admin.query<{ touched: boolean }>(
      'select last_match_at is not null as touched from monitors',
    )
    expect(touched).toEqual([{ touched: true }])
  })

  it('stores a transaction that matched for several monitors once', async () => {
    const globex = await createWatchingTenant(api, 'globex')
    await api.request('POST', '/tenants/globex/monitors', {
      token: globex.owner.token,
      body: monitorBody('transfers'),
    })
    const { rows } = await api.test.admin.query<{ id: string; version_id: string }>(
      'select id, version_id from monitors where tenant_id = $1',
      [globex.id],
    )
    const other = { ...monitor, tenantId: globex.id, id: rows[0]?.id ?? '', versionId: rows[0]?.version_id ?? '' }
    const matches = [matchOf(), matchOf(undefined, { monitor: other })]
    expect(await commit([blockOf(101, { matches })])).toBe(2)
    expect(await countsOf()).toMatchObject({ matches: 2, chain_items: 1 })
  })

  it.each<[string, { from?: BlockRef; of?: bigint }]>([
    ['another epoch', { of: epoch + 1n }],
    ['an earlier epoch', { of: epoch - 1n }],
    ['another cursor number', { from: { ...refOf(100), number: 99n } }],
    ['another cursor hash', { from: { ...refOf(100), hash: hashOf('a fork') } }],
  ])('with %s is fenced and changes no row at all', async (_, { from = refOf(100), of = epoch }) => {
    const before = await everything()
    const blocks = [blockOf(101, { matches: [matchOf()], failures: [{ monitor, error: 'x' }] })]
    await expect(commit(blocks, from, of)).rejects.toThrow(FencedError)
    expect(await everything()).toBe(before)
  })

  it('that is repeated is fenced: a lost answer stores nothing twice', async () => {
    const blocks = [blockOf(101, { matches: [matchOf()] })]
    await commit(blocks)
    const before = await everything()
    await expect(commit(blocks)).rejects.toThrow(FencedError)
    expect(await everything()).toBe(before)
  })

  it('on a block that was evaluated before adds no match, no transaction and no failure', async () => {
    const blocks = [blockOf(101, { matches: [matchOf()], failures: [{ monitor, error: 'x' }] })]
    await commit(blocks)
    await api.test.admin.query(`update matches set fanout_state = 'done'`)
    const before = await countsOf()
    await rollBack()
    expect(await commit(blocks)).toBe(0)
    expect(await countsOf()).toEqual(before)
    const { rows } = await api.test.admin.query('select fanout_state, incarnation from matches')
    expect(rows).toEqual([{ fanout_state: 'done', incarnation: 1 }])
  })

  it('brings an orphaned match back to life: pending again, as its next incarnation', async () => {
    const blocks = [blockOf(101, { matches: [matchOf()] })]
    await commit(blocks)
    const { rows: first } = await api.test.admin.query('select id from matches')
    await api.test.admin.query(`update matches set fanout_state = 'done', orphaned_at = now()`)
    await rollBack()
    expect(await commit(blocks)).toBe(1)
    const { rows } = await api.test.admin.query('select id, fanout_state, incarnation, orphaned_at from matches')
    expect(rows).toEqual([{ ...first[0], fanout_state: 'pending', incarnation: 2, orphaned_at: null }])
  })

  it('tells the same transaction in another block as another match', async () => {
    await commit([blockOf(101, { matches: [matchOf()] })])
    await rollBack()
    await commit([blockOf(101, { hash: hashOf('a fork'), matches: [matchOf()] })])
    expect(await countsOf()).toMatchObject({ matches: 2, chain_items: 2 })
  })

  it('that continues the one before lengthens its range', async () => {
    await commit([blockOf(101), blockOf(102)])
    await commit([blockOf(103)], refOf(102))
    await commit([blockOf(104, { matches: [matchOf()] })], refOf(103))
    expect(await ranges()).toEqual([{ from: 101, to: 104, state: 'evaluated', reason: null }])
  })

  it('keeps the hashes of the last 1,000 blocks', async () => {
    const blocks = Array.from({ length: 1_005 }, (_, index) => blockOf(101 + index))
    await commit(blocks)
    await commit([blockOf(1_106)], refOf(1_105))
    const { rows } = await api.test.admin.query<object>(
      'select count(*)::int as n, min(number)::int as first, max(number)::int as last from source_blocks',
    )
    expect(rows).toEqual([{ n: 1_000, first: 107, last: 1_106 }])
  })

  it('stores strings of the chain as they are, with U+0000 and half a surrogate pair', async () => {
    const text = 'a\u0000b\ud800'
    const { matchedOn, matchedOnArgs, item } = matchedTransfer(hashOf('transaction'))
    const args = [{ name: 'memo', value: text, indexed: false, kind: 'string' }]
    const match = matchOf(undefined, {
      matchedOn,
      matchedOnArgs: { ...matchedOnArgs, events: matchedOnArgs.events.map((event) => ({ ...event, args })) },
      item: { ...item, transaction: { ...item.transaction, memo: text } },
    })
    expect(await commit([blockOf(101, { matches: [match] })])).toBe(1)
    const { rows } = await api.test.admin.query<{ args: string; body: string }>(
      'select m.matched_on_args::text as args, i.body::text as body from matches m, chain_items i',
    )
    expect(JSON.parse(rows[0]?.args ?? '').events[0].args[0].value).toBe(text)
    expect(JSON.parse(rows[0]?.body ?? '').transaction.memo).toBe(text)
  })

  it('stores a failure whose text quotes U+0000, and one that is very long', async () => {
    const error = `the value a\u0000b is no number ${'x'.repeat(5_000)}`
    await commit([blockOf(101, { failures: [{ monitor, error }] })])
    const { rows } = await api.test.admin.query<{ error: string }>('select error from monitor_failures')
    expect(rows[0]?.error.startsWith('the value a')).toBe(true)
    expect(rows[0]?.error).toHaveLength(1_000)
  })

  it.each([
    ['a time that no database holds', 2n ** 64n - 1n],
    ['the last second of the year 9999', 253_402_300_799n],
    ['the beginning of time', 0n],
  ])('stores %s, and finds the match again', async (_, timestamp) => {
    const block = blockOf(101, { time: blockTimeOf(timestamp), matches: [matchOf()] })
    expect(await commit([block])).toBe(1)
    await rollBack()
    expect(await commit([{ ...block, time: blockTimeOf(timestamp) }])).toBe(0)
    expect(await countsOf()).toMatchObject({ matches: 1, chain_items: 1 })
  })

  it('records a failure as a gap of that monitor alone and tells its tenant, counting up', async () => {
    await commit([blockOf(101, { failures: [{ monitor, error: 'first' }] })])
    await commit([blockOf(102, { failures: [{ monitor, error: 'second' }] })], refOf(101))
    const { rows } = await api.test.admin.query(
      `select tenant_id, monitor_id, monitor_version_id, block_number::int as block, block_hash, error, attempts,
         resolved_at, next_attempt_at > now() as waits from monitor_failures order by block_number`,
    )
    const gap = { tenant_id: acme.id, monitor_id: monitor.id, monitor_version_id: monitor.versionId }
    const open = { attempts: 1, resolved_at: null, waits: true }
    expect(rows).toEqual([
      { ...gap, block: 101, block_hash: refOf(101).hash, error: 'first', ...open },
      { ...gap, block: 102, block_hash: refOf(102).hash, error: 'second', ...open },
    ])
    const { rows: notices } = await api.test.admin.query(
      'select tenant_id, kind, subject_id, occurrences, resolved_at from notices',
    )
    expect(notices).toEqual([
      { tenant_id: acme.id, kind: 'monitor_failing', subject_id: 'transfers', occurrences: 2, resolved_at: null },
    ])
    expect(await ranges()).toEqual([{ from: 101, to: 102, state: 'evaluated', reason: null }])
  })
})

/** The cursor back at block 100, as after a reorganisation. */
async function rollBack(): Promise<void> {
  await api.test.admin.query('delete from source_ranges')
  await api.test.admin.query('delete from source_blocks')
  await setCursor(refOf(100))
}

describe('a repair', () => {
  it('stores what was found late under the same identity and closes the gap', async () => {
    await commit([blockOf(101, { failures: [{ monitor, error: 'x' }] })])
    expect(await committer.listDueFailures(sourceId, 10)).toEqual([])
    await api.test.admin.query('update monitor_failures set next_attempt_at = now()')
    const [failure] = await committer.listDueFailures(sourceId, 10)
    if (failure === undefined) throw new Error('no failure is due')
    const block = blockOf(101, { matches: [matchOf()] })
    await committer.repair(sourceId, { failure, block })
    await committer.repair(sourceId, { failure, block })
    expect(await countsOf()).toMatchObject({ matches: 1, chain_items: 1 })
    expect(await committer.listDueFailures(sourceId, 10)).toEqual([])
    expect(await cursorOf()).toMatchObject({ number: '101' })
  })

  it('keeps what is found of a block that the monitor fails on still, and the gap', async () => {
    const failures = [{ monitor, error: 'x' }]
    await commit([blockOf(101, { failures })])
    await api.test.admin.query('update monitor_failures set next_attempt_at = now()')
    const [failure] = await committer.listDueFailures(sourceId, 10)
    if (failure === undefined) throw new Error('no failure is due')
    await committer.repair(sourceId, { failure, block: blockOf(101, { matches: [matchOf()], failures }) })
    expect(await countsOf()).toMatchObject({ matches: 1 })
    expect(await committer.listDueFailures(sourceId, 10)).toHaveLength(1)
  })

  it('that fails again waits twice as long each time, at most an hour', async () => {
    await commit([blockOf(101, { failures: [{ monitor, error: 'x' }] })])
    const waits: number[] = []
    for (let attempt = 2; attempt <= 12; attempt += 1) {
      await api.test.admin.query('update monitor_failures set next_attempt_at = now()')
      const [failure] = await committer.listDueFailures(sourceId, 10)
      if (failure === undefined) throw new Error('no failure is due')
      await committer.postpone(failure, 'again\u0000')
      const { rows } = await api.test.admin.query<{ wait: number }>(
        'select extract(epoch from next_attempt_at - updated_at)::float8 as wait from monitor_failures',
      )
      waits.push(Math.round(rows[0]?.wait ?? 0))
    }
    expect(waits).toEqual([20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600, 3_600])
  })
})

describe('a skip', () => {
  const skip = (change: Partial<Parameters<Committer['skipTo']>[0]> = {}) =>
    committer.skipTo({
      source: { id: sourceId, epoch },
      from: refOf(100),
      to: refOf(110),
      reason: 'max_past_blocks',
      ...change,
    })

  it('moves the cursor and leaves a range with its reason, which evaluated ranges never swallow', async () => {
    await commit([blockOf(101)])
    await skip({ from: refOf(101) })
    await commit([blockOf(111)], refOf(110))
    expect(await ranges()).toEqual([
      { from: 101, to: 101, state: 'evaluated', reason: null },
      { from: 102, to: 110, state: 'skipped', reason: 'max_past_blocks' },
      { from: 111, to: 111, state: 'evaluated', reason: null },
    ])
    expect(await cursorOf()).toEqual({ number: '111', hash: refOf(111).hash })
  })

  it('is fenced like a commit', async () => {
    const before = await everything()
    await expect(skip({ source: { id: sourceId, epoch: epoch - 1n } })).rejects.toThrow(FencedError)
    await expect(skip({ from: refOf(99) })).rejects.toThrow(FencedError)
    await expect(skip({ from: null })).rejects.toThrow(FencedError)
    expect(await everything()).toBe(before)
  })

  it('places the first cursor of a source without a range', async () => {
    await api.test.admin.query('update chain_sources set cursor_number = null, cursor_hash = null')
    await skip({ from: null, reason: null })
    expect(await cursorOf()).toEqual({ number: '110', hash: refOf(110).hash })
    expect(await ranges()).toEqual([])
  })
})
