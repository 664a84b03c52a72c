import { parseJson, stringifyJson, type JsonValue } from '@smt/engine'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type RawBuilder,
} from 'kysely'
import type pg from 'pg'

export { sql, type RawBuilder }

/**
 * One open transaction. Statements are built with the `sql` tag, which turns every interpolated value into a parameter.
 * `scope` says through which door it was opened, so that a store can demand the right one.
 */
export type Tx<Scope extends TxScope = TxScope> = {
  readonly scope: Scope
  rows<Row>(query: RawBuilder<Row>): Promise<Row[]>
  /** The first row, or undefined when there is none. */
  row<Row>(query: RawBuilder<Row>): Promise<Row | undefined>
  /** Runs a statement and returns the number of rows it affected. */
  execute(query: RawBuilder<unknown>): Promise<number>
}

export type TxScope = 'tenant' | 'platform' | 'identity'
export type TenantTx = Tx<'tenant'>
export type PlatformTx = Tx<'platform'>
export type IdentityTx = Tx<'identity'>

/** Sees the text of every statement before it is sent. Only the isolation tests use it, to break queries on purpose. */
export type RewriteSql = (text: string) => string

// Kysely is used for its query compiler alone: connections and transactions belong to the doors.
const compiler = new Kysely<Record<string, never>>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/** `hasFailed`: a statement ended in an error, so that the transaction cannot commit whoever caught it. */
export function createTx<Scope extends TxScope>(
  scope: Scope,
  client: pg.ClientBase,
  rewriteSql?: RewriteSql,
): Tx<Scope> & { hasFailed(): boolean } {
  let hasFailed = false
  const run = async (query: RawBuilder<unknown>): Promise<pg.QueryResult> => {
    const compiled = query.compile(compiler)
    const text = rewriteSql === undefined ? compiled.sql : rewriteSql(compiled.sql)
    try {
      return await client.query(text, [...compiled.parameters])
    } catch (error) {
      hasFailed = true
      throw error
    }
  }
  return {
    scope,
    hasFailed: () => hasFailed,
    rows: async <Row>(query: RawBuilder<Row>) => (await run(query)).rows as Row[],
    row: async <Row>(query: RawBuilder<Row>) => (await run(query)).rows[0] as Row | undefined,
    execute: async (query) => (await run(query)).rowCount ?? 0,
  }
}

/** A value as a `jsonb` parameter; numbers keep all their digits. */
export function jsonb(value: JsonValue): RawBuilder<unknown> {
  return sql`${stringifyJson(value)}::jsonb`
}

const int8Oid = 20
const jsonOid = 114
const jsonbOid = 3802

type ParserLookup = (oid: number, format?: 'text' | 'binary') => (text: string) => unknown

/** int8 as bigint and JSON without loss of digits; everything else as `pg` reads it. */
export function createTypeParsers(base: ParserLookup): { getTypeParser: ParserLookup } {
  return {
    getTypeParser: (oid, format) => {
      if (oid === int8Oid) return (text) => BigInt(text)
      if (oid === jsonOid || oid === jsonbOid) return parseStoredJson
      return base(oid, format)
    },
  }
}

// Long digit runs, fractions and exponents are what JSON.parse may change; most stored documents have none.
const mayLoseDigits = /\d{16}|\d[.eE]/

function parseStoredJson(text: string): JsonValue {
  return mayLoseDigits.test(text) ? parseJson(text, { maxDepth: 1000 }) : (JSON.parse(text) as JsonValue)
}
