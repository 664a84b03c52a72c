/**
 * What turns configuration and chains into committed matches. The native engine (design 8) knows block boundaries and
 * commits whole blocks through `ingestion/commit.ts`; an engine without them (the unmodified OZ Monitor, later) hands over
 * single matches and claims no coverage. Both leave pending matches behind, which is all that delivery needs.
 */
export type Engine = {
  /** Resolves when it follows configuration and has taken the sources that are free. */
  start(): Promise<void>
  /** Finishes the blocks that are being evaluated and gives its sources back. */
  stop(): Promise<void>
}
