import type { ContractInterface } from './contract-interface.ts'
import type { DecodedEvent } from './decode-event.ts'
import { readOzEvent } from './oz-event.ts'
import { dropRepeats, type Reading } from './reading.ts'
import { readSpecEvents } from './spec-event.ts'
import { readTokenEvent } from './token-event.ts'

/**
 * All readings of an event in the order of {@link Reading}; none when nobody can read it. The `token` reading is there
 * with a spec too: a contract that declares its events may be a token all the same.
 */
export function readEvent(event: DecodedEvent, contract: ContractInterface | undefined): Reading[] {
  const oz = readOzEvent(event, contract)
  const token = readTokenEvent(event)
  return dropRepeats([
    ...(oz ? [oz] : []),
    ...(contract ? readSpecEvents(event, contract) : []),
    ...(token ? [token] : []),
  ])
}
