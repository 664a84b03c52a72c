/** Something that happens once; what waits for it goes on then. */
export type TestEvent = { happened: Promise<void>; happen: () => void }

export function createEvent(): TestEvent {
  let happen = (): void => undefined
  const happened = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { happened, happen }
}
