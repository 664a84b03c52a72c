import { describe, expect, it } from 'vitest'
import { address, erc20Abi, monitor } from '../../testing/evm-chain.ts'
import { compileMonitors } from './monitor-index.ts'

const pingAbi = [{ type: 'event' as const, name: 'Ping', anonymous: false, inputs: [] }]

describe('MonitorIndex', () => {
  it('compiles equal ABIs once and forgets them with their last monitor', () => {
    const events = [{ signature: 'Transfer(address,address,uint256)' }]
    const copy = structuredClone(erc20Abi)
    const index = compileMonitors('testnet', [
      { key: 'a', configuration: monitor([{ address: address(1), contract_spec: erc20Abi }], { events }) },
      { key: 'b', configuration: monitor([{ address: address(2), contract_spec: copy }], { events }) },
      { key: 'c', configuration: monitor([{ address: address(3), contract_spec: pingAbi }]) },
    ])
    expect([index.size, index.addresses(), index.abis(), index.has('a'), index.has('z')]).toEqual([
      3,
      3,
      1,
      true,
      false,
    ])
    index.remove('a')
    expect(index.abis()).toBe(1)
    index.remove('b')
    expect([index.abis(), index.addresses(), index.has('a')]).toEqual([0, 1, false])
    expect(index.remove('b')).toBe(false)
  })

  it('counts the same addresses after a removal as when compiled afresh, whatever can never match there', () => {
    const broken = { events: [{ signature: 'Ping()', expression: 'a ==' }] }
    const never = [
      monitor([{ address: address(1), contract_spec: pingAbi }], broken),
      monitor([address(1)], { transactions: [{ status: 'Any', expression: '' }] }),
    ]
    const sound = { key: 'sound', configuration: monitor([address(1)]) }
    const index = compileMonitors('testnet', [
      ...never.map((configuration, position) => ({ key: `never ${position}`, configuration })),
      sound,
    ])
    expect(index.addresses()).toBe(1)
    index.remove('sound')
    expect([index.size, index.addresses()]).toEqual([2, 0])
    index.set(sound)
    expect(index.addresses()).toBe(1)
  })
})
