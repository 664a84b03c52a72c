/**
 * How many deliveries of a trigger may be in flight at once: few at first, one more with each quick answer up to a cap,
 * few again after a slow or a bad one. So a quick receiver is not held to the pace of one that may be broken.
 */
export type TriggerWindows = {
  enter(triggerId: string): void
  /** `undefined` when the answer tells nothing of the receiver. */
  leave(triggerId: string, isQuick: boolean | undefined): void
  /** How many more may begin. */
  room(triggerId: string): number
  /** Triggers of which something is in flight. */
  busy(): { triggerId: string; sending: number; room: number }[]
}

export type TriggerWindowsOptions = { firstMax: number; max: number; triggersMax?: number }

export function createTriggerWindows(options: TriggerWindowsOptions): TriggerWindows {
  const { max, triggersMax = 20_000 } = options
  const firstMax = Math.min(options.firstMax, max)
  const sending = new Map<string, number>()
  /** Those that are wider than at first; the one that was used longest ago comes first. */
  const widths = new Map<string, number>()

  const room = (triggerId: string): number => (widths.get(triggerId) ?? firstMax) - (sending.get(triggerId) ?? 0)

  const widen = (triggerId: string): void => {
    const width = Math.min(max, (widths.get(triggerId) ?? firstMax) + 1)
    widths.delete(triggerId)
    if (width === firstMax) return
    widths.set(triggerId, width)
    for (const oldest of widths.keys()) {
      if (widths.size <= triggersMax) break
      widths.delete(oldest)
    }
  }

  return {
    room,
    enter: (triggerId) => {
      sending.set(triggerId, (sending.get(triggerId) ?? 0) + 1)
    },
    leave: (triggerId, isQuick) => {
      const left = (sending.get(triggerId) ?? 0) - 1
      if (left > 0) sending.set(triggerId, left)
      else sending.delete(triggerId)
      if (isQuick === true) widen(triggerId)
      else if (isQuick === false) widths.delete(triggerId)
    },
    busy: () => [...sending].map(([triggerId, count]) => ({ triggerId, sending: count, room: room(triggerId) })),
  }
}
