import { describe, expect, it } from 'vitest'
import { createTriggerWindows } from './trigger-windows.ts'

describe('the window of a trigger', () => {
  it('is small at first, and one wider after each quick answer, up to the cap', () => {
    const windows = createTriggerWindows({ firstMax: 2, max: 4 })
    const rooms = Array.from({ length: 4 }, () => {
      const room = windows.room('a')
      windows.enter('a')
      windows.leave('a', true)
      return room
    })
    expect(rooms).toEqual([2, 3, 4, 4])
    expect(windows.room('b')).toBe(2)
  })

  it('is small again after a slow or a bad answer, and unchanged when nothing is known', () => {
    const windows = createTriggerWindows({ firstMax: 2, max: 8 })
    for (const isQuick of [true, true, undefined]) windows.leave('a', isQuick)
    expect(windows.room('a')).toBe(4)
    windows.leave('a', false)
    expect(windows.room('a')).toBe(2)
  })

  it('leaves no room for what is in flight, also when it has become narrower', () => {
    const windows = createTriggerWindows({ firstMax: 2, max: 8 })
    for (const _ of [1, 2, 3]) windows.enter('a')
    expect(windows.busy()).toEqual([{ triggerId: 'a', sending: 3, room: -1 }])
    for (const _ of [1, 2, 3]) windows.leave('a', undefined)
    expect(windows.busy()).toEqual([])
  })

  it('is never wider at first than its cap', () => {
    expect(createTriggerWindows({ firstMax: 2, max: 1 }).room('a')).toBe(1)
  })

  it('is forgotten for the trigger that was used longest ago when there are too many', () => {
    const windows = createTriggerWindows({ firstMax: 2, max: 8, triggersMax: 2 })
    for (const triggerId of ['a', 'b', 'a', 'c']) windows.leave(triggerId, true)
    expect(['a', 'b', 'c'].map((triggerId) => windows.room(triggerId))).toEqual([4, 2, 3])
  })
})
