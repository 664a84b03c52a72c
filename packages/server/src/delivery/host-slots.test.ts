import { describe, expect, it } from 'vitest'
import { createHostSlots } from './host-slots.ts'

const of = (tenantId: string, triggerId = tenantId) => ({ tenantId, triggerId })
const create = (options: object = {}) =>
  createHostSlots({ perHostMax: 2, perSlowHostMax: 1, slowMax: 2, perTenantSlowMax: 1, ...options })

describe('the slots of a host', () => {
  it('let in as many as may be sent, turn the rest away, and say whose triggers would find no room', () => {
    const slots = create()
    expect([slots.enter('x', of('a')), slots.enter('x', of('b')), slots.enter('x', of('c'))]).toEqual([
      true,
      true,
      false,
    ])
    expect(slots.heldTriggers()).toEqual(['a', 'b', 'c'])
    slots.leave('x', of('a'), 5)
    expect(slots.heldTriggers()).toEqual([])
    expect(slots.enter('x', of('c'))).toBe(true)
  })

  it('can be asked for a whole batch before anything is taken', () => {
    const slots = create()
    slots.enter('x', of('a'))
    for (const tenant of ['b', 'c']) slots.enter('x', of(tenant))
    slots.leave('x', of('a'), 5)
    const admits = slots.admission()
    expect([admits(of('a')), admits(of('c')), admits(of('unknown'))]).toEqual([true, false, true])
    expect(slots.admission()(of('c'))).toBe(true)
  })

  it('of one host are not those of another', () => {
    const slots = create({ perHostMax: 1 })
    expect([slots.enter('x', of('a')), slots.enter('y', of('a'))]).toEqual([true, true])
  })
})

describe('a host that takes 2 s and more', () => {
  const makeSlow = (slots: ReturnType<typeof create>, host: string, tenant: string) => {
    slots.enter(host, of(tenant))
    slots.leave(host, of(tenant), 2_000)
  }

  it('gets fewer at once, until it is quick again', () => {
    const slots = create()
    makeSlow(slots, 'x', 'a')
    expect([slots.enter('x', of('a')), slots.enter('x', of('b'))]).toEqual([true, false])
    slots.leave('x', of('a'), 100)
    expect([slots.enter('x', of('a')), slots.enter('x', of('b'))]).toEqual([true, true])
  })

  it('leaves room for the quick ones: slow hosts are bounded together, and for each tenant', () => {
    const slots = create({ perSlowHostMax: 5 })
    for (const [host, tenant] of ['x a', 'y a', 'z a', 'x b', 'x c'].map((text) => text.split(' ')))
      makeSlow(slots, host!, tenant!)
    expect(slots.enter('x', of('a'))).toBe(true)
    expect(slots.enter('y', of('a'))).toBe(false)
    expect(slots.enter('x', of('b'))).toBe(true)
    expect(slots.enter('x', of('c'))).toBe(false)
    expect(slots.enter('quick', of('a', 'other'))).toBe(true)
    slots.leave('x', of('b'), 2_000)
    expect(slots.enter('x', of('c'))).toBe(true)
  })
})
