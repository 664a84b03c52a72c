import { specFunction, startStellarSimulator, stellarOperation, tokenSpec, type StellarSimulator } from '@smt/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestTenant } from '../../testing/api-harness.ts'
import { networkBody } from '../../testing/configuration-api.ts'
import { startSourceScene, type SourceScene } from '../../testing/source-scene.ts'
import { openStellarSource, stellarMonitor } from '../../testing/stellar-source.ts'

let scene: SourceScene
let acme: TestTenant
let globex: TestTenant
let simulator: StellarSimulator

beforeAll(async () => {
  scene = await startSourceScene()
  acme = scene.acme
  globex = scene.globex
})
afterAll(() => scene.api.close())

beforeEach(async () => {
  simulator = await startStellarSimulator({ firstLedger: 100 })
  simulator.closeLedger()
  await scene.newNetwork({ network_type: 'Stellar', network_passphrase: simulator.passphrase })
})
afterEach(() => simulator.close())

type Change = Parameters<typeof stellarMonitor>[2]

const watch = (tenant: TestTenant, id: string, change: Change) =>
  scene.call(tenant, 'POST', '/monitors', stellarMonitor(id, scene.networkId(), change))
const lead = () => scene.leadSource(openStellarSource(simulator), { confirmationBlocks: 1n })
const payments = { extensions: { stellar: { operations: [{ type: 'payment', expression: 'amount > 10' }] } } }
const transferEvent = { signature: 'transfer(Address,Address,I128)' }
const anyTransaction = { transactions: [{ status: 'Any' }] }

const pay = (amount: bigint) => {
  const { alice, bob } = simulator.accounts
  simulator.submit({ source: alice, operations: [stellarOperation.payment({ to: bob, asset: 'native', amount })] })
}
const transfer = (contractId: string) => {
  const { alice, bob } = simulator.accounts
  const operations = [stellarOperation.tokenTransfer({ contractId, from: alice, to: bob, amount: 5n })]
  return simulator.submit({ source: alice, operations })
}
/** Closes the ledger with what was submitted and one that confirms it; answers the first one's number. */
const close = () => {
  const { sequence } = simulator.closeLedger()
  simulator.closeLedger()
  return sequence
}

describe('a Stellar source that is polled', () => {
  it('gives each tenant the matches of its own monitors, operations and events, with their positions', async () => {
    const { contractId } = simulator.deploy({ name: 'token', spec: tokenSpec })
    await watch(acme, 'payments', payments)
    await watch(globex, 'transfers', { addresses: [contractId], events: [transferEvent] })
    const runner = await lead()
    await runner.poll()
    pay(5n)
    pay(50n)
    transfer(contractId)
    const ledger = close()
    await runner.poll()
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', code: null, cursor: ledger })
    expect([await scene.matched(acme), await scene.matched(globex)]).toEqual([[ledger], [ledger]])
    const rows = await scene.rowsOf<{ tenant_id: string; on: object; positions: object; family: string }>(
      `select tenant_id, matched_on as on, positions, family from matches where source_id = $1`,
    )
    expect(rows.find((row) => row.tenant_id === acme.id)).toMatchObject({
      family: 'Stellar',
      on: { operations: [{ type: 'payment', expression: 'amount > 10' }] },
      positions: { operations: [{ operation_index: 0 }] },
    })
    expect(rows.find((row) => row.tenant_id === globex.id)?.positions).toMatchObject({
      events: [{ operation_index: 0 }],
    })
  })

  it('watches with a monitor of several chains what happens on this one', async () => {
    const { contractId } = simulator.deploy({ name: 'token', spec: tokenSpec })
    const body = stellarMonitor('mixed', scene.networkId(), { addresses: [contractId], events: [transferEvent] })
    const { addresses } = scene.transfers('0x00000000000000000000000000000000000000aa') as { addresses: object[] }
    await scene.call(acme, 'POST', '/networks', networkBody('another_chain'))
    const configuration = {
      ...body.configuration,
      networks: [scene.networkId(), 'another_chain'],
      addresses: [...addresses, ...body.configuration.addresses],
    }
    await scene.call(acme, 'POST', '/monitors', { ...body, configuration })
    const runner = await lead()
    await runner.poll()
    transfer(contractId)
    const ledger = close()
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([ledger])
  })

  it('tells the tenant of stored extensions that it cannot read, and goes on for everybody else', async () => {
    await watch(acme, 'broken', payments)
    await watch(globex, 'all', anyTransaction)
    await scene.api.test.admin.query(
      `update monitors set extensions = '{"stellar":{"zz":1}}' where monitor_id = 'broken'`,
    )
    const runner = await lead()
    await runner.poll()
    pay(50n)
    const ledger = close()
    await runner.poll()
    expect([await scene.matched(acme), await scene.matched(globex)]).toEqual([[], [ledger]])
    expect(await scene.noticesOf(acme)).toMatchObject([{ kind: 'monitor_failing', subject_id: 'broken' }])
    expect(await scene.spans(acme)).toEqual([])
  })

  it('keeps the ledger once for all its matches, and each transaction once', async () => {
    await watch(acme, 'all', anyTransaction)
    await watch(globex, 'all', anyTransaction)
    const runner = await lead()
    await runner.poll()
    pay(1n)
    pay(2n)
    const ledger = close()
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([ledger, ledger])
    const counts = await scene.rowsOf(
      `select (select count(*)::int from chain_blocks where source_id = $1) as ledgers,
        (select count(*)::int from chain_items where source_id = $1) as items,
        (select body->>'sequence' from chain_blocks where source_id = $1) as sequence`,
    )
    expect(counts).toEqual([{ ledgers: 1, items: 2, sequence: String(ledger) }])
  })

  it('asks for a ledger the same, whoever and however many watch it', async () => {
    const { contractId } = simulator.deploy({ name: 'token', spec: tokenSpec })
    await watch(acme, 'one', payments)
    const runner = await lead()
    await runner.poll()
    const costOfOne = async () => {
      transfer(contractId)
      close()
      simulator.requests.clear()
      await runner.poll()
      return Object.fromEntries([...simulator.requests].filter(([method]) => method !== 'getLedgerEntries'))
    }
    const alone = await costOfOne()
    for (const index of [1, 2, 3, 4]) {
      await watch(acme, `more_${index}`, { addresses: [contractId], events: [transferEvent] })
      await watch(globex, `more_${index}`, { addresses: [contractId], events: [transferEvent], ...payments })
    }
    await runner.poll()
    expect(await costOfOne()).toEqual(alone)
    await costOfOne()
    // The spec of the contract was fetched once: instance and code.
    expect(simulator.requests.get('getLedgerEntries') ?? 0).toBe(0)
  })

  it('records ledgers that no endpoint keeps as unavailable, tells the tenants and goes on with the oldest', async () => {
    await watch(acme, 'all', anyTransaction)
    const runner = await lead()
    await runner.poll()
    const cursor = Number((await scene.sourceRow())?.['cursor'])
    for (let count = 0; count < 5; count += 1) {
      pay(1n)
      simulator.closeLedger()
    }
    simulator.faults.oldestLedger = cursor + 3
    expect(await runner.poll()).toEqual({ nextMs: 0 })
    await runner.poll()
    const last = simulator.latest() - 1
    expect(await scene.sourceRow()).toMatchObject({ state: 'following', cursor: last })
    expect((await scene.ranges()).filter(({ state }) => state !== 'evaluated')).toEqual([
      { from: cursor + 1, to: cursor + 2, state: 'unavailable', reason: 'outside_retention' },
    ])
    expect(await scene.matched(acme)).toEqual(
      Array.from({ length: last - cursor - 2 }, (_, index) => cursor + 3 + index),
    )
    expect(await scene.noticesOf(acme)).toMatchObject([{ kind: 'blocks_unavailable', is_open: true }])
  })

  it('tells whoever watches a contract of its upgrade, and reads what follows by the new spec', async () => {
    const { alice } = simulator.accounts
    const { contractId, wasmHash: oldHash } = simulator.deploy({
      name: 'vault',
      spec: [specFunction('lock', { parts: 'u32' })],
    })
    await watch(acme, 'vault', { addresses: [contractId], functions: [{ signature: 'lock(U32)' }] })
    await watch(globex, 'other', payments)
    const runner = await lead()
    await runner.poll()
    const lock = () =>
      simulator.submit({
        source: alice,
        operations: [stellarOperation.callContract({ contractId, functionName: 'lock', args: [{ u32: 7 }] })],
      })
    lock()
    const first = close()
    await runner.poll()
    const { wasmHash: newHash } = simulator.upload([specFunction('lock', { amount: 'u32' })])
    simulator.submit({
      source: alice,
      operations: [stellarOperation.upgradeContract({ contractId, oldHash, newHash })],
    })
    close()
    await runner.poll()
    lock()
    const second = close()
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([first, second])
    const args = await scene.rowsOf<{ name: string }>(
      `select matched_on_args->'functions'->0->'args'->0->>'name' as name from matches
       where source_id = $1 order by block_number`,
    )
    expect(args.map(({ name }) => name)).toEqual(['parts', 'amount'])
    expect(await scene.noticesOf(acme)).toMatchObject([{ kind: 'contract_upgraded', subject_id: 'vault' }])
    expect(await scene.noticesOf(globex)).toEqual([])
  })

  it('fails visibly while the spec of a contract cannot be fetched, and misses nothing afterwards', async () => {
    const { contractId } = simulator.deploy({ name: 'token', spec: tokenSpec })
    await watch(acme, 'calls', { addresses: [contractId], functions: [{ signature: 'mint(Address,I128)' }] })
    const runner = await lead()
    await runner.poll()
    const { alice, bob } = simulator.accounts
    simulator.submit({
      source: alice,
      operations: [stellarOperation.tokenMint({ contractId, to: bob, amount: 5n })],
    })
    const ledger = close()
    simulator.faults.error = { method: 'getLedgerEntries', code: -32603, message: 'database is gone' }
    await runner.poll()
    expect(await scene.sourceRow()).toMatchObject({ state: 'failing', code: 'rpc_error', cursor: ledger - 1 })
    simulator.faults.error = undefined
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([ledger])
  })

  it('keeps what cannot be decoded as a gap of whom it may concern, counts it, and closes the gap when it can be', async () => {
    const { alice } = simulator.accounts
    await watch(acme, 'payments', payments)
    await watch(globex, 'all', anyTransaction)
    const runner = await lead()
    await runner.poll()
    pay(50n)
    simulator.faults.undecodableTransaction = simulator.submit({
      source: alice,
      operations: [stellarOperation.payment({ to: simulator.accounts.bob, asset: 'native', amount: 60n })],
    })
    const ledger = close()
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([ledger])
    const failures = () =>
      scene.rowsOf(
        `select block_number::int as ledger, resolved_at is null as open from monitor_failures where source_id = $1`,
      )
    expect(await failures()).toContainEqual({ ledger, open: true })
    const { json: status } = await scene.call(acme, 'GET', `/networks/${scene.networkId()}/status`)
    expect(status.undecoded).toMatchObject({ last_block: ledger })

    simulator.faults.undecodableTransaction = undefined
    await scene.api.test.admin.query(`update monitor_failures set next_attempt_at = now()`)
    scene.api.clock.advance(60_000)
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([ledger, ledger])
    expect((await failures()).filter(({ open }) => open === true)).toEqual([])
  })

  it.each([
    ['a node of another network', { passphrase: 'Another network' }, 'wrong_network'],
    ['a malformed page', { malformed: 'getTransactions' }, 'invalid_response'],
    ['a page that never ends', { hasStuckCursor: true, pageLimit: 1 }, 'inconsistent_block'],
    ['a ledger that is missing', { missingLedger: 102 }, 'inconsistent_block'],
    ['a ledger that does not follow the one before', { breaksChain: true }, 'inconsistent_block'],
    ['a node that is away', { httpStatus: 503 }, 'http_status'],
  ])('shows %s on the status of the network and skips nothing', async (_, faults, code) => {
    await watch(acme, 'all', anyTransaction)
    const runner = await lead()
    await runner.poll()
    // With two, the results would add up before the cursor was looked at.
    for (const amount of [1n, 2n, 3n]) pay(amount)
    const ledger = close()
    const sound = { ...simulator.faults }
    // An endpoint says again who it is after a failure.
    simulator.faults.httpStatus = 503
    await runner.poll()
    simulator.faults.httpStatus = undefined
    Object.assign(simulator.faults, faults)
    await runner.poll()
    const { json: status } = await scene.call(acme, 'GET', `/networks/${scene.networkId()}/status`)
    expect(status).toMatchObject({ state: 'failing', code })
    expect(status.cursor.number).toBeLessThan(ledger)
    Object.assign(simulator.faults, sound)
    await runner.poll()
    expect(await scene.matched(acme)).toEqual([ledger, ledger, ledger])
  })
})
