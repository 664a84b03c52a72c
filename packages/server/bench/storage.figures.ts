import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStorageUpkeep } from '../src/delivery/storage-upkeep.ts'
import { createLogger } from '../src/platform/logger.ts'
import { megabytesOf, readStoredBytes } from '../src/tenants/storage-store.ts'
import { setLimit } from '../src/testing/configuration-api.ts'
import { startDispatchScene, type DispatchScene } from '../src/testing/dispatch-scene.ts'
import type { TestTenant } from '../src/testing/api-harness.ts'

// `npm run bench:delivery -- storage` with TEST_DATABASE_URL. What counting costs, and what making room costs among
// many matches.
const rows = Number(process.env['SMT_BENCH_MATCHES'] ?? 1_000_000)

let scene: DispatchScene
let acme: TestTenant

beforeAll(async () => {
  scene = await startDispatchScene()
  acme = await scene.createTenant('acme')
}, 300_000)
afterAll(() => scene.close())

const query = (text: string, values: unknown[] = []) => scene.api.test.admin.query(text, values)
const report = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** Matches of 100 tenants' worth of ids in one statement, bodies of about 600 bytes, as ingestion writes them. */
const insert = (count: number, block: number) =>
  query(
    `insert into matches (tenant_id, match_at, match_key, monitor_id, monitor_version_id, source_id, network_id, block_number,
       block_hash, tx_hash, tx_index, severity, matched_on, matched_on_args, with_receipt, fanout_state)
     select o.tenant_id, date_trunc('day', now()), sha256(convert_to($2 || '/' || n, 'UTF8')), o.id, o.version_id, l.source_id,
       l.network_id, $2::bigint, $2, $2 || '/' || n, n, o.severity,
       '{"functions":[],"events":[{"signature":"Transfer(address,address,uint256)","expression":null}],"transactions":[]}',
       json_build_object('functions', null, 'events', json_build_array(repeat('x', 500))), false, 'done'
     from monitors o join monitor_networks l on l.tenant_id = o.tenant_id and l.monitor_id = o.id, generate_series(1, $3) n
     where o.tenant_id = $1`,
    [acme.id, String(block), count],
  )

describe('storage', () => {
  it('counts what is stored', async () => {
    const rounds = 40
    const times = { off: 0, on: 0 }
    let block = 0
    // In turns, so that what else the machine does meets both.
    for (let round = 0; round < rounds; round += 1) {
      for (const state of ['off', 'on'] as const) {
        await query(`alter table matches ${state === 'on' ? 'enable' : 'disable'} trigger count_storage`)
        times[state] += await elapsedMs(async () => {
          for (let n = 0; n < 10; n += 1) await insert(100, (block += 1))
        })
      }
    }
    const statements = rounds * 10
    expect(block).toBe(2 * statements)
    report(
      `100 matches in a statement: ${(times.off / statements).toFixed(2)} ms, counted ${(times.on / statements).toFixed(2)} ms` +
        ` (${((times.on / times.off - 1) * 100).toFixed(1)} % more)`,
    )
  })

  it('adds up and makes room', async () => {
    for (let left = rows, block = 1_000_000; left > 0; left -= 50_000, block += 1)
      await insert(Math.min(left, 50_000), block)
    await query('analyze matches')
    await query(
      `insert into storage_changes (tenant_id, part, bytes) select $1, 'notices', 1 from generate_series(1, 50000)`,
      [acme.id],
    )
    const read = () => scene.api.database.withTenant(acme.id, { readOnly: true }, (tx) => readStoredBytes(tx, acme.id))
    report(`reading what a tenant stores, 50,000 changes open: ${(await elapsedMs(read)).toFixed(1)} ms`)
    const upkeep = createStorageUpkeep({ ...scene.api, logger: createLogger({ level: 'silent' }) })
    const addUp = async () => {
      while (await upkeep.step());
    }
    report(`adding up 50,000 changes: ${(await elapsedMs(addUp)).toFixed(0)} ms`)
    report(`reading what a tenant stores, none open: ${(await elapsedMs(read)).toFixed(1)} ms`)
    const used = megabytesOf(await read())
    await setLimit(scene.api, acme, { quota: 'max_storage_mb', limit: used - 20 })
    await query(`insert into storage_changes (tenant_id, part, bytes) values ($1, 'notices', 1)`, [acme.id])
    const removeMs = await elapsedMs(addUp)
    const { rows: removed } = await query(
      'select count(*)::int as count from matches where body_removed_at is not null',
    )
    const count = Number(removed[0]?.count)
    expect(count).toBeGreaterThan(0)
    report(
      `making room among ${rows} matches (${used} MB): ${count} bodies in ${removeMs.toFixed(0)} ms, ` +
        `${((count / removeMs) * 1_000).toFixed(0)} a second`,
    )
    report(`a look when there is nothing to do: ${(await elapsedMs(() => upkeep.step())).toFixed(1)} ms`)
    report(`the hourly look at all tenants: ${(await elapsedMs(() => upkeep.sweep())).toFixed(1)} ms`)
  })
})
