import type { z } from 'zod'
import type { IdentityTx, PlatformTx, TenantTx } from '../platform/db/tx.ts'
import type { ErrorCode } from '../platform/errors.ts'
import type { GrantedPermission, Role } from './permissions.ts'

/** Who acts. `name` is shown in the audit log: an e-mail or the name of a key. */
export type Actor =
  | { kind: 'user'; id: string; name: string; role: Role; sessionId: string }
  | { kind: 'api_key'; id: string; name: string }

/** What of a request is written into the audit log. */
export type RequestOrigin = { requestId: string; ip: string; userAgent: string | undefined }

/** What the caller may do in this tenant: all that its role allows, or the scopes of a key. */
export type Authority = {
  /** A user's own role; of a key, the role of its creator, which bounds it. */
  role: Role
  may(permission: GrantedPermission): boolean
}

export type TenantRef = { id: string; slug: string }

export type RouteReply = {
  status: number
  /** Serialised with `stringifyJson`; undefined sends no body. */
  body?: unknown
  /** Instead of `body`: a text of one of the route's `otherTypes`. */
  text?: { type: string; content: string }
  headers?: Record<string, string>
}

type Schema = z.ZodType

/** Parts of a request that every handler gets, already validated by the route's schemas. */
export type RouteInput<Params = unknown, Query = unknown, Body = unknown> = {
  params: Params
  query: Query
  body: Body
  origin: RequestOrigin
  /** The version named by If-Match, when given: a write to another version answers 412. */
  ifMatch: number | undefined
  /** The media types that the client asks for, as it wrote them. */
  accept: string | undefined
}

/** What a handler of a tenant's route gets: the tenant, who acts, and the two ways to its rows. */
export type TenantInput<Params = unknown, Query = unknown, Body = unknown> = RouteInput<Params, Query, Body> & {
  tenant: TenantRef
  actor: Actor
  /** For rules that the route's own permission cannot say, such as who may touch owners. */
  authority: Authority
  /** A read-only transaction of this tenant. */
  read<T>(fn: (tx: TenantTx) => Promise<T>): Promise<T>
  /** A transaction of this tenant; with an Idempotency-Key the reply is stored in it and replayed to repeats. */
  write(fn: (tx: TenantTx) => Promise<RouteReply>): Promise<RouteReply>
}

export type SessionInput<Params = unknown, Query = unknown, Body = unknown> = RouteInput<Params, Query, Body> & {
  sessionId: string
  user: { id: string; email: string }
  identity<T>(fn: (tx: IdentityTx) => Promise<T>): Promise<T>
}

/** What a handler of the operators gets. Their services write into the logs; `platform` is for reading. */
export type OperatorInput<Params = unknown, Query = unknown, Body = unknown> = RouteInput<Params, Query, Body> & {
  operator: { id: string; email: string }
  platform<T>(fn: (tx: PlatformTx) => Promise<T>): Promise<T>
}

export type PublicInput<Params = unknown, Query = unknown, Body = unknown> = RouteInput<Params, Query, Body>

type Declared<P extends Schema | undefined> = P extends Schema ? z.output<P> : undefined

type RouteBase<P extends Schema | undefined, Q extends Schema | undefined, B extends Schema | undefined> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below /api/v1, in Fastify form: `/tenants/:slug/monitors/:monitor_id`. */
  path: string
  /** OpenAPI operationId, unique: `createMonitor`. */
  operationId: string
  summary: string
  description?: string
  tag: string
  params?: P
  query?: Q
  body?: B
  /**
   * `service`: the body schema only documents; the handler gets the parsed JSON as it came (`unknown`) and reports shape
   * and reference problems together. Default `route`: the body is validated by its schema before the handler runs.
   */
  bodyValidation?: 'route' | 'service'
  /** What it can answer besides the errors of every route of its kind, for OpenAPI. */
  errors?: readonly ErrorCode[]
  /** Success answers by status, for OpenAPI and for the response checks of tests. */
  responses: Record<number, Schema | null>
  /** Further media types of the answer 200, with what they hold. */
  otherTypes?: Record<string, string>
}

type BodyOf<B extends Schema | undefined> = Declared<B>

export type TenantRoute<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
> = RouteBase<P, Q, B> & {
  access: 'tenant'
  permission: GrantedPermission
  handler: (input: TenantInput<Declared<P>, Declared<Q>, BodyOf<B>>) => Promise<RouteReply>
}

export type SessionRoute<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
> = RouteBase<P, Q, B> & {
  access: 'session'
  handler: (input: SessionInput<Declared<P>, Declared<Q>, BodyOf<B>>) => Promise<RouteReply>
}

export type OperatorRoute<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
> = RouteBase<P, Q, B> & {
  access: 'operator'
  handler: (input: OperatorInput<Declared<P>, Declared<Q>, BodyOf<B>>) => Promise<RouteReply>
}

export type PublicRoute<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
> = RouteBase<P, Q, B> & {
  access: 'public'
  handler: (input: PublicInput<Declared<P>, Declared<Q>, BodyOf<B>>) => Promise<RouteReply>
}

/** A route as the API registers it: the input types are erased, since the schemas have checked them. */
export type Route = Omit<RouteBase<Schema | undefined, Schema | undefined, Schema | undefined>, never> &
  (
    | { access: 'tenant'; permission: GrantedPermission; handler: (input: TenantInput) => Promise<RouteReply> }
    | { access: 'session'; handler: (input: SessionInput) => Promise<RouteReply> }
    | { access: 'operator'; handler: (input: OperatorInput) => Promise<RouteReply> }
    | { access: 'public'; handler: (input: PublicInput) => Promise<RouteReply> }
  )

/** A route below a tenant. It cannot be declared without a permission. */
export function tenantRoute<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(route: Omit<TenantRoute<P, Q, B>, 'access'>): Route {
  return { ...route, access: 'tenant' } as unknown as Route
}

/** A route for a logged-in user, outside of any tenant. API keys are refused. */
export function sessionRoute<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(route: Omit<SessionRoute<P, Q, B>, 'access'>): Route {
  return { ...route, access: 'session' } as unknown as Route
}

/** A route for operators. Whoever is none is answered as if it did not exist. */
export function operatorRoute<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(route: Omit<OperatorRoute<P, Q, B>, 'access'>): Route {
  return { ...route, access: 'operator' } as unknown as Route
}

/** A route without credentials. */
export function publicRoute<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(route: Omit<PublicRoute<P, Q, B>, 'access'>): Route {
  return { ...route, access: 'public' } as unknown as Route
}
