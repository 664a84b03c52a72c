import { afterEach, describe, expect, it } from 'vitest'
import { createJsonRpc } from '../json-rpc.ts'
import { at, fieldsOf, json, list, text } from './answers.ts'
import { muxedAddress } from './assets.ts'
import { stellarOperation } from './operations.ts'
import { startStellarSimulator, type StellarSimulator, type StellarSimulatorOptions } from './simulator.ts'
import { tokenSpec } from './token-contract.ts'
import { scVal } from './values.ts'
import { decodeXdr, decodeXdrStream, encodeXdr, hashXdr, sha256 } from './xdr.ts'

describe('the Stellar simulator', () => {
  const running: StellarSimulator[] = []
  afterEach(async () => {
    for (const simulator of running.splice(0)) await simulator.close()
  })
  const start = async (options: StellarSimulatorOptions = {}) => {
    const simulator = await startStellarSimulator(options)
    running.push(simulator)
    const rpc = createJsonRpc(simulator.url)
    const call = async (method: string, params: Record<string, unknown> = {}) => fieldsOf(await rpc(method, params))
    return { simulator, call }
  }

  /** One transaction of every kind, in one ledger. */
  const submitEverything = (simulator: StellarSimulator) => {
    const { alice, bob, carol, issuer, admin } = simulator.accounts
    const usdc = `USDC:${issuer}`
    const operation = stellarOperation
    const token = simulator.deploy({ name: 'token', spec: tokenSpec })
    const { wasmHash } = simulator.upload([...tokenSpec, ...tokenSpec])
    const swap = { to: bob, sendAsset: 'native', destAsset: usdc, sendAmount: 9n, destAmount: 4n, seller: carol }
    const pool: Parameters<typeof operation.depositToPool>[0] = {
      poolId: 'ab'.repeat(32),
      a: ['native', 5n],
      b: [usdc, 6n],
    }
    const each = [
      operation.payment({ to: muxedAddress(bob, 7n), asset: usdc, amount: 3n, from: issuer }),
      operation.createAccount({ to: bob, startingBalance: 10n }),
      operation.pathPaymentStrictSend(swap),
      operation.pathPaymentStrictReceive(swap),
      operation.manageSellOffer({ selling: usdc, buying: 'native', amount: 5n, price: { n: 1, d: 2 } }),
      operation.manageBuyOffer({
        selling: usdc,
        buying: 'native',
        amount: 5n,
        price: { n: 1, d: 2 },
        taken: { seller: carol, amount: 5n, paid: 2n },
      }),
      operation.createPassiveSellOffer({ selling: usdc, buying: 'native', amount: 5n, price: { n: 1, d: 2 } }),
      operation.changeTrust({ asset: usdc }),
      operation.authorizeTrustline({ holder: bob, asset: usdc, isAuthorized: false, from: issuer }),
      operation.clawback({ holder: bob, asset: usdc, amount: 1n, from: issuer }),
      operation.setOptions({ setFlags: 8, homeDomain: 'example.org' }),
      operation.createClaimableBalance({ asset: usdc, amount: 2n, claimants: [bob] }),
      operation.depositToPool(pool),
      operation.withdrawFromPool({ ...pool, shares: 3n }),
      operation.manageData({ name: 'key', value: 'x' }),
      operation.bumpSequence({ to: 99n ** 3n }),
    ]
    return {
      classic: simulator.submit({ source: alice, operations: each, memo: 'rent' }),
      failed: simulator.submit({
        source: alice,
        operations: [operation.payment({ to: bob, asset: 'native', amount: 1n })],
        fails: true,
      }),
      bumped: simulator.submit({
        source: muxedAddress(bob, 5n),
        operations: [operation.payment({ to: alice, asset: 'native', amount: 2n })],
        feeBump: { source: carol },
        memo: { id: 12n },
      }),
      merge: simulator.submit({ source: carol, operations: [operation.mergeAccount({ to: alice })] }),
      transfer: simulator.submit({
        source: alice,
        operations: [operation.tokenTransfer({ contractId: token.contractId, from: alice, to: bob, amount: 77n })],
      }),
      nested: simulator.submit({
        source: alice,
        operations: [
          operation.callContract(
            {
              contractId: token.contractId,
              functionName: 'swap',
              args: [scVal.address(alice), scVal.i128(5n)],
              events: [{ contractId: token.contractId, topics: [scVal.symbol('swap')], data: scVal.i128(5n) }],
              calls: [
                {
                  contractId: simulator.assetContract(usdc),
                  functionName: 'transfer',
                  args: [scVal.address(alice), scVal.address(bob), scVal.i128(5n)],
                },
              ],
            },
            { authorization: { kind: 'address_v2', address: bob } },
          ),
        ],
      }),
      upgrade: simulator.submit({
        source: admin,
        operations: [
          operation.upgradeContract({ contractId: token.contractId, oldHash: token.wasmHash, newHash: wasmHash }),
        ],
      }),
      token,
      newHash: wasmHash,
    }
  }

  it('answers XDR that decodes completely, for every kind of transaction', async () => {
    const { simulator, call } = await start({ classicEvents: true })
    submitEverything(simulator)
    const { sequence } = simulator.closeLedger()
    const { ledgers } = await call('getLedgers', { startLedger: sequence, pagination: { limit: 1 } })
    const metadata = decodeXdr('LedgerCloseMeta', text(ledgers, 0, 'metadataXdr'))
    expect(list(metadata, 'v2', 'tx_processing')).toHaveLength(7)
    const { transactions } = await call('getTransactions', { startLedger: sequence })
    expect(transactions).toHaveLength(7)
    for (const transaction of list(transactions)) {
      decodeXdr('TransactionEnvelope', text(transaction, 'envelopeXdr'))
      decodeXdr('TransactionResult', text(transaction, 'resultXdr'))
      expect(decodeXdr('TransactionMeta', text(transaction, 'resultMetaXdr'))).toHaveProperty('v4')
      for (const event of list(transaction, 'events', 'transactionEventsXdr'))
        decodeXdr('TransactionEvent', text(event))
    }
    const diagnostic = list(transactions).flatMap((transaction) => at(transaction, 'diagnosticEventsXdr') ?? [])
    expect(diagnostic.length).toBeGreaterThan(5)
    for (const event of diagnostic) decodeXdr('DiagnosticEvent', text(event))
    const { events } = await call('getEvents', { startLedger: sequence, pagination: { limit: 1_000 } })
    for (const event of list(events))
      for (const value of [...list(event, 'topic'), at(event, 'value')]) decodeXdr('ScVal', text(value))
    const ids = list(events).map((event) => text(event, 'id'))
    expect(ids).toEqual(ids.toSorted())
  })

  it('signs envelopes whose hash is the transaction hash, inside a fee bump too', async () => {
    const { simulator, call } = await start()
    const { classic, bumped } = submitEverything(simulator)
    const { sequence } = simulator.closeLedger()
    const { transactions } = await call('getTransactions', { startLedger: sequence })
    const find = (hash: string) => list(transactions).find((transaction) => at(transaction, 'txHash') === hash)
    const hashOf = (tagged: Record<string, unknown>) =>
      hashXdr(
        'TransactionSignaturePayload',
        json({ network_id: sha256(simulator.passphrase), tagged_transaction: tagged }),
      )
    const plain = decodeXdr('TransactionEnvelope', text(find(classic), 'envelopeXdr'))
    expect(hashOf({ tx: at(plain, 'tx', 'tx') })).toBe(classic)
    const outer = decodeXdr('TransactionEnvelope', text(find(bumped), 'envelopeXdr'))
    expect(hashOf({ tx_fee_bump: at(outer, 'tx_fee_bump', 'tx') })).toBe(bumped)
    expect(find(bumped)).toMatchObject({ feeBump: true, status: 'SUCCESS' })
  })

  it('chains ledgers by the hash of their headers', async () => {
    const { simulator, call } = await start()
    simulator.closeLedger()
    simulator.closeLedger()
    const { ledgers } = await call('getLedgers', { startLedger: 2 })
    const entries = list(ledgers).map((ledger) => decodeXdr('LedgerHeaderHistoryEntry', text(ledger, 'headerXdr')))
    const hashes = list(ledgers).map((ledger) => text(ledger, 'hash'))
    expect(entries.map((entry) => hashXdr('LedgerHeader', json(at(entry, 'header'))))).toEqual(hashes)
    expect(entries.slice(1).map((entry) => text(entry, 'header', 'previous_ledger_hash'))).toEqual(hashes.slice(0, -1))
  })

  it('gives the same bytes for the same seed and others for another', async () => {
    const answers = await Promise.all(
      ['a', 'a', 'b'].map(async (seed) => {
        const { simulator, call } = await start({ seed, classicEvents: true })
        submitEverything(simulator)
        simulator.closeLedger()
        return JSON.stringify([
          await call('getLedgers', { startLedger: 2 }),
          await call('getTransactions', { startLedger: 2 }),
          await call('getEvents', { startLedger: 2 }),
        ])
      }),
    )
    expect(answers[0]).toBe(answers[1])
    expect(answers[0]).not.toBe(answers[2])
  })

  it('emits contract events always and the unified events of classic operations only when told to', async () => {
    for (const classicEvents of [false, true]) {
      const { simulator, call } = await start({ classicEvents })
      const { classic, transfer, failed } = submitEverything(simulator)
      const { sequence } = simulator.closeLedger()
      const { events } = await call('getEvents', { startLedger: sequence, pagination: { limit: 1_000 } })
      const of = (hash: string) => list(events).filter((event) => at(event, 'txHash') === hash)
      const names = (hash: string) => of(hash).map((event) => at(decodeXdr('ScVal', text(event, 'topic', 0)), 'symbol'))
      expect(names(transfer)).toEqual(classicEvents ? ['fee', 'transfer', 'fee'] : ['transfer'])
      expect(names(failed)).toEqual(classicEvents ? ['fee'] : [])
      expect(names(classic).slice(0, 3)).toEqual(classicEvents ? ['fee', 'mint', 'transfer'] : [])
      if (!classicEvents) continue
      expect(of(transfer)).toMatchObject([
        { transactionIndex: 0, operationIndex: 0 },
        { transactionIndex: 5, operationIndex: 0 },
        { transactionIndex: 0xf_ffff, operationIndex: 0 },
      ])
      expect(decodeXdr('ScVal', text(of(classic), 1, 'value'))).toEqual(
        scVal.map({ amount: scVal.i128(3n), to_muxed_id: scVal.u64(7n) }),
      )
    }
  })

  it('keeps the executable of a contract and tells its upgrade by a system event', async () => {
    const { simulator, call } = await start()
    const { token, newHash } = submitEverything(simulator)
    const instance = encodeXdr('LedgerKey', {
      contract_data: { contract: token.contractId, key: 'ledger_key_contract_instance', durability: 'persistent' },
    })
    const executable = async () => {
      const { entries } = await call('getLedgerEntries', { keys: [instance] })
      const entry = decodeXdr('LedgerEntryData', text(entries, 0, 'xdr'))
      return at(entry, 'contract_data', 'val', 'contract_instance', 'executable', 'wasm')
    }
    expect(await executable()).toBe(token.wasmHash)
    const { sequence } = simulator.closeLedger()
    expect(await executable()).toBe(newHash)
    const code = encodeXdr('LedgerKey', { contract_code: { hash: newHash } })
    const { entries } = await call('getLedgerEntries', { keys: [code] })
    const wasm = Buffer.from(
      text(decodeXdr('LedgerEntryData', text(entries, 0, 'xdr')), 'contract_code', 'code'),
      'hex',
    )
    expect(sha256(wasm)).toBe(newHash)
    const section = Buffer.from('contractspecv0')
    const entries64 = wasm.subarray(wasm.indexOf(section) + section.length).toString('base64')
    expect(decodeXdrStream('ScSpecEntry', entries64)).toEqual([...tokenSpec, ...tokenSpec])
    const { events } = await call('getEvents', { startLedger: sequence, filters: [{ type: 'system' }] })
    expect(events).toHaveLength(1)
    expect(decodeXdr('ScVal', text(events, 0, 'topic', 0))).toEqual({ symbol: 'executable_update' })
    await expect(call('getLedgerEntries', { keys: ['AAAA'] })).rejects.toThrow('cannot unmarshal key value')
  })

  it('closes ledgers by itself when it has a pace', async () => {
    const { simulator } = await start({ ledgerTimeMs: 20 })
    const { alice, bob } = simulator.accounts
    const payment = stellarOperation.payment({ to: bob, asset: 'native', amount: 1n })
    const hash = simulator.submit({ source: alice, operations: [payment] })
    expect((await simulator.waitFor(hash)).ledger).toBeGreaterThan(2)
    expect((await simulator.waitFor(hash)).ledger).toBeLessThanOrEqual(simulator.latest())
  })
})
