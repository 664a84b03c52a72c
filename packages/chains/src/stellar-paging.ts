import type { JsonObject } from '@smt/engine'
import { inconsistent, RpcError } from './rpc-error.ts'
import type { EndpointCall } from './rpc-pool.ts'
import { type Cursor, type Page, type PageShape, readPage } from './stellar-page.ts'

/** How many items a page may have: the most that nodes of this network have not refused comes first. */
export type PageLimit = { candidates: () => readonly number[]; refused: (limit: number) => void }

/** Tries `limits` in this order, and from then on only those behind what was refused. */
export function createPageLimit(limits: readonly number[]): PageLimit {
  let usable = limits
  return {
    candidates: () => usable,
    refused(limit) {
      const rest = usable.slice(usable.indexOf(limit) + 1)
      if (rest.length > 0) usable = rest
    },
  }
}

export type Listing = PageShape & {
  limit: PageLimit
  /** Parameters of the first page, besides `startLedger` and `pagination`. */
  first: (number: bigint) => JsonObject
  /** Parameters of each further page, besides `pagination`. */
  next: JsonObject
  /** The upper bits of a cursor's position are the ledger, these many lower ones the place in it. */
  positionBits: bigint
  /** Whether nothing of the ledger can follow this cursor. */
  isAtEnd: (cursor: Cursor, number: bigint) => boolean
  /** What a page without any item means, when its cursor is not at the end. */
  afterEmptyPage: 'end' | 'next page'
  /** Whether a node that refuses a cursor because its newest ledger is `number` says that nothing follows. */
  endsAtTip: boolean
  itemsMax: number
}

const pagesMax = 500

/**
 * All items of ledger `number`, page after page of one endpoint, handed to `read` while the answer can still be blamed on
 * its place. Whether a page is full does not matter: the list ends where the node shows that it does, by an item of a
 * later ledger or by its cursor, or where `isComplete` knows that nothing is missing. Each cursor must lie behind the one before and there are at most 500 pages, so that a
 * node cannot keep this going.
 *
 * @throws RpcError
 */
export async function listLedgerItems<T>(
  call: EndpointCall,
  listing: Listing,
  number: bigint,
  { read, isComplete }: { read: (item: Page['items'][number]) => T; isComplete?: (items: readonly T[]) => boolean },
): Promise<T[]> {
  const items: T[] = []
  const readItems = (page: Page) => ({ ...page, read: page.items.map(read) })
  type ReadPage = ReturnType<typeof readItems>
  const ask = (params: JsonObject) =>
    call(listing.method, params, (result) => readItems(readPage(listing, number, result)))

  // The largest page that works for this ledger; one that is refused for its size works for no other either.
  let limits = listing.limit.candidates()
  const askShrinking = async (params: JsonObject, from: JsonObject): Promise<ReadPage> => {
    let first: unknown
    const refused: number[] = []
    for (const [index, limit] of limits.entries()) {
      try {
        const page = await ask({ ...params, pagination: { ...from, limit } })
        limits = limits.slice(index)
        for (const tooMany of refused) listing.limit.refused(tooMany)
        return page
      } catch (error) {
        if (!isAboutSize(error)) throw error
        if (error.code === 'rpc_error') refused.push(limit)
        first ??= error
      }
    }
    throw first
  }
  const next = async ({ text: cursor }: Cursor): Promise<ReadPage | undefined> => {
    try {
      return await askShrinking(listing.next, { cursor })
    } catch (error) {
      if (listing.endsAtTip && isRefusedAtTip(error, number)) return undefined
      throw error
    }
  }

  let page: ReadPage | undefined = await askShrinking({ startLedger: Number(number), ...listing.first(number) }, {})
  let position = (number << listing.positionBits) - 1n
  for (let pages = 1; page !== undefined; pages += 1) {
    items.push(...page.read)
    if (items.length > listing.itemsMax)
      throw new RpcError('too_large', listing.method, { detail: `more than ${listing.itemsMax} items` })
    const { cursor } = page
    if (page.isPastLedger || (cursor !== undefined && listing.isAtEnd(cursor, number))) break
    if (isComplete?.(items) === true) break
    if (page.isEmpty && (cursor === undefined || listing.afterEmptyPage === 'end')) break
    if (cursor === undefined) throw new RpcError('invalid_response', listing.method, { detail: '/cursor is missing' })
    if (cursor.position <= position) throw inconsistent(listing.method, 'a cursor that does not move on')
    if (pages === pagesMax) throw new RpcError('too_large', listing.method, { detail: `more than ${pagesMax} pages` })
    position = cursor.position
    page = await next(cursor)
  }
  return items
}

/**
 * A page that is larger than what is received here, or a refusal with invalid request or invalid params: among other
 * things, for more items per page than the node allows.
 */
function isAboutSize(error: unknown): error is RpcError {
  if (!(error instanceof RpcError)) return false
  return error.code === 'too_large' || (error.code === 'rpc_error' && refusalCodes.has(error.rpcCode))
}

const refusalCodes = new Set<number | undefined>([-32600, -32602])

/** The cursor lies in ledger `number`, so a node that has that one and refuses looks for what comes after. */
function isRefusedAtTip(error: unknown, number: bigint): boolean {
  if (!(error instanceof RpcError) || error.code !== 'outside_retention' || error.range === undefined) return false
  return error.range.latest === number && error.range.oldest <= number
}
