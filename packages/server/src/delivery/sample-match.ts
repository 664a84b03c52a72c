import type { ChainFamily } from '../networks/source-chain.ts'
import type { Alert } from '../triggers/channels/channel.ts'
import { matchObjectOf, type StoredMatch } from './match-object.ts'

/** What a made-up match is called, so that nobody takes it for a real one. */
const monitorName = 'Sample monitor'

const monitorOf = (networkSlug: string, address: string) => ({
  name: monitorName,
  networks: [networkSlug],
  paused: false,
  addresses: [{ address }],
  trigger_conditions: [],
  triggers: [],
})

const zeros = (digits: number) => '0'.repeat(digits)
const evmAddress = (end: string) => `0x${end.padStart(40, '0')}`
const evmHash = (end: string) => `0x${end.padStart(64, '0')}`

function evmSample(): StoredMatch {
  const [token, from, to] = [evmAddress('aa'), evmAddress('11'), evmAddress('22')]
  const [transactionHash, blockHash] = [evmHash('7e57'), evmHash('b10c')]
  const topic = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
  const signature = 'Transfer(address,address,uint256)'
  const position = { blockHash, blockNumber: '0x1', transactionHash, transactionIndex: '0x0' }
  const topics = [topic, `0x${zeros(24)}${from.slice(2)}`, `0x${zeros(24)}${to.slice(2)}`]
  const args = [
    { name: 'from', value: from, indexed: true, kind: 'address' },
    { name: 'to', value: to, indexed: true, kind: 'address' },
    { name: 'value', value: '1000000000000000000', indexed: false, kind: 'uint256' },
  ]
  return {
    family: 'EVM',
    networkSlug: 'sample_evm',
    withReceipt: false,
    monitor: {
      ...monitorOf('sample_evm', token),
      match_conditions: { functions: [], events: [{ signature }], transactions: [] },
    },
    item: {
      transaction: {
        hash: transactionHash,
        nonce: '0x0',
        blockHash,
        blockNumber: '0x1',
        transactionIndex: '0x0',
        from,
        to: token,
        value: '0x0',
        gasPrice: '0x3b9aca00',
        gas: '0xea60',
        input: '0x',
        type: '0x0',
      },
      logs: [
        {
          ...position,
          address: token,
          topics,
          data: `0x${(10n ** 18n).toString(16).padStart(64, '0')}`,
          logIndex: '0x0',
          removed: false,
        },
      ],
      receipt: null,
    },
    block: null,
    positions: null,
    matchedOn: { functions: [], events: [{ signature, expression: null }], transactions: [] },
    matchedOnArgs: { functions: null, events: [{ signature, args, hex_signature: topic }] },
  }
}

function stellarSample(): StoredMatch {
  const contract = 'CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSC4'
  const signature = 'transfer(Address,Address,String,I128)'
  const account = 'GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF'
  const args = [
    { name: '0', value: account, indexed: true, kind: 'Address' },
    { name: '1', value: account, indexed: true, kind: 'Address' },
    { name: '2', value: 'native', indexed: true, kind: 'String' },
    { name: '3', value: '10000000', indexed: false, kind: 'I128' },
  ]
  return {
    family: 'Stellar',
    networkSlug: 'sample_stellar',
    withReceipt: false,
    monitor: {
      ...monitorOf('sample_stellar', contract),
      match_conditions: { functions: [], events: [{ signature }], transactions: [] },
    },
    item: {
      transaction: {
        status: 'SUCCESS',
        txHash: '7e57'.padStart(64, '0'),
        applicationOrder: 1,
        feeBump: false,
        ledger: 1,
        createdAt: 1_700_000_000,
      },
    },
    block: {
      hash: 'b10c'.padStart(64, '0'),
      sequence: 1,
      ledgerCloseTime: '1700000000',
      headerXdr: '',
      metadataXdr: '',
    },
    matchedOn: { functions: [], events: [{ signature, expression: null }], transactions: [] },
    matchedOnArgs: { functions: null, events: [{ signature, args }] },
    positions: {
      functions: [],
      events: [{ operation_index: 0, event_id: '0000000004294967296-0000000000' }],
      operations: [],
    },
  }
}

const samples: Record<ChainFamily, () => StoredMatch> = { EVM: evmSample, Stellar: stellarSample }

/** The alert of a made-up match of a token transfer. */
export function sampleAlertOf(family: ChainFamily): Alert {
  const facts = {
    severity: 'low',
    blockNumber: 1n,
    blockTime: new Date(1_700_000_000_000),
    explorerUrl: 'https://explorer.example',
  }
  return { match: matchObjectOf(samples[family]()), facts }
}
