import { describe, expect, it } from 'vitest'
import { createHostSlots } from './host-slots.ts'

describe('the slots of a host', () => {
  it('let in as many as may be sent, then as many again in their order, and turn the rest away', async () => {
    const slots = createHostSlots(2)
    const order: string[] = []
    expect([await slots.enter('a'), await slots.enter('a')]).toEqual([true, true])
    const waiting = ['third', 'fourth'].map((name) => slots.enter('a').then(() => order.push(name)))
    expect(await slots.enter('a')).toBe(false)
    expect(order).toEqual([])
    slots.leave('a')
    await waiting[0]
    expect(order).toEqual(['third'])
    slots.leave('a')
    await waiting[1]
    expect(order).toEqual(['third', 'fourth'])
  })

  it('of one host are not those of another', async () => {
    const slots = createHostSlots(1)
    expect([await slots.enter('a'), await slots.enter('b')]).toEqual([true, true])
  })

  it('are free again when all have left', async () => {
    const slots = createHostSlots(1)
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await slots.enter('a')).toBe(true)
      slots.leave('a')
    }
  })
})
