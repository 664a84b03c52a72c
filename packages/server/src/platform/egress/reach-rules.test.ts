import { describe, expect, it } from 'vitest'
import { parseRange } from './address.ts'
import { createReachRules, type ReachOptions } from './reach-rules.ts'

function judge(options: { allow?: string[]; deny?: string[]; own?: string[] }) {
  const rules: ReachOptions = {
    allow: (options.allow ?? []).map(parseRange),
    deny: (options.deny ?? []).map(parseRange),
    ownAddresses: () => options.own ?? [],
  }
  const { mayReach } = createReachRules(rules)
  return (address: string, port = 443, protocol = 'https:') => mayReach({ address, port, protocol })
}

describe('where a connection may go', () => {
  it('not to this machine, also when its address is public and however it is spelt', () => {
    const mayReach = judge({ own: ['1.1.1.1', '2606:4700:4700::1111'] })
    const judged = ['1.1.1.1', '2606:4700:4700::1111', '2606:4700:4700:0:0:0:0:1111', '1.1.1.2'].map((address) =>
      mayReach(address),
    )
    expect(judged).toEqual([false, false, false, true])
  })

  it('to this machine when the operator says so', () => {
    expect(judge({ own: ['127.0.0.1'], allow: ['127.0.0.0/8'] })('127.0.0.1')).toBe(true)
  })

  it('not where the operator forbids it: that has the last word', () => {
    const mayReach = judge({ allow: ['10.0.0.0/8'], deny: ['8.8.8.0/24', '10.1.0.0/16'] })
    const judged = ['8.8.8.8', '8.8.4.4', '10.0.0.1', '10.1.0.1', '::ffff:10.1.0.1'].map((address) => mayReach(address))
    expect(judged).toEqual([false, true, true, false, false])
  })

  it('asks for the addresses of this machine each time, for they change', () => {
    const own = ['1.1.1.1']
    const mayReach = judge({ own })
    own[0] = '1.0.0.1'
    expect([mayReach('1.1.1.1'), mayReach('1.0.0.1')]).toEqual([true, false])
  })

  it.each([22, 23, 25, 110, 143, 465, 587, 3306, 5432, 6379, 6667, 11_211])(
    'not with HTTP to port %d of a public address, where something else listens',
    (port) => {
      expect([judge({})('1.1.1.1', port, 'http:'), judge({})('1.1.1.1', port)]).toEqual([false, false])
      expect(judge({})('1.1.1.1', port, 'tcp:')).toBe(true)
      expect(judge({ allow: ['1.1.1.0/24'] })('1.1.1.1', port, 'http:')).toBe(true)
    },
  )

  it.each([80, 443, 3000, 8000, 8080, 8443, 8545])('to port %d of a public address', (port) => {
    expect(judge({})('1.1.1.1', port, 'http:')).toBe(true)
  })
})
