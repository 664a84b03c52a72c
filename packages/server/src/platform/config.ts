import { z } from 'zod'

/**
 * Configuration comes from the environment alone, is parsed once in main.ts and passed on. Every problem is reported at
 * once, by variable name and rule, never with a value. The table in README.md is checked against these schemas.
 */
const role = z.enum(['api', 'ingest', 'deliver'])
export type ServerRole = z.infer<typeof role>

const databaseUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL')
const port = z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65_535)
const rate = z.coerce.number({ error: 'must be a number' }).int().min(1).max(1_000_000_000)
const cidr = z
  .string()
  .regex(/^[0-9a-fA-F.:]+\/\d{1,3}$/, 'must be CIDRs separated by commas, such as 127.0.0.0/8,10.1.0.0/16')

const listOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const cidrs = z
  .string()
  .default('')
  .transform((text, context) => {
    const parsed = z.array(cidr).safeParse(listOf(text))
    if (parsed.success) return parsed.data
    context.addIssue({ code: 'custom', message: 'must be CIDRs separated by commas, such as 127.0.0.0/8,10.1.0.0/16' })
    return z.NEVER
  })

const databaseFields = {
  SMT_DATABASE_URL: databaseUrl.optional(),
  SMT_DATABASE_PLATFORM_URL: databaseUrl.optional(),
  SMT_DATA_DIR: z.string().min(1).default('./data'),
  SMT_MASTER_KEY: z.string().min(1).optional(),
  SMT_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
}

type DatabaseFields = z.infer<z.ZodObject<typeof databaseFields>>

// A server database needs both service logins and a key that survives the machine.
function checkDatabase(env: DatabaseFields, problem: (variable: string, message: string) => void): void {
  if (env.SMT_DATABASE_URL === undefined) {
    if (env.SMT_DATABASE_PLATFORM_URL !== undefined)
      problem('SMT_DATABASE_URL', 'is needed when SMT_DATABASE_PLATFORM_URL is set')
    return
  }
  if (env.SMT_DATABASE_PLATFORM_URL === undefined)
    problem('SMT_DATABASE_PLATFORM_URL', 'is needed when SMT_DATABASE_URL is set')
  if (env.SMT_MASTER_KEY === undefined) {
    problem(
      'SMT_MASTER_KEY',
      'is needed with a PostgreSQL server: 32 random bytes in base64, for example from `openssl rand -base64 32`',
    )
  }
}

export const serveSchema = z
  .object({
    ...databaseFields,
    SMT_HTTP_PORT: port.default(3000),
    SMT_HTTP_HOST: z.string().min(1).default('127.0.0.1'),
    SMT_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
    SMT_ROLES: z
      .string()
      .default('all')
      .transform((text, context): ServerRole[] => {
        if (text === 'all') return ['api', 'ingest', 'deliver']
        const parsed = z.array(role).min(1).safeParse(listOf(text))
        if (parsed.success) return [...new Set(parsed.data)]
        context.addIssue({ code: 'custom', message: 'must be all, or some of api,ingest,deliver' })
        return z.NEVER
      }),
    SMT_SHARED_NETWORKS_DIR: z.string().min(1).optional(),
    SMT_EGRESS_ALLOW: cidrs,
    SMT_EGRESS_DENY: cidrs,
    SMT_NODE_HOST_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).default(6_000),
    SMT_REGISTRATION: z.enum(['open', 'invite', 'closed']).optional(),
    SMT_API_RATE_CALLER: rate.default(600),
    SMT_API_RATE_TENANT: rate.default(3_000),
    SMT_API_RATE_ADDRESS: rate.default(120),
    SMT_API_RATE_FAILURES: rate.default(20),
    SMT_TRUSTED_PROXIES: cidrs,
    SMT_PROBE_INTERVAL_S: z.coerce
      .number({ error: 'must be a number of seconds' })
      .int()
      .min(0)
      .max(86_400)
      .default(300),
    SMT_METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  })
  .superRefine((env, context) =>
    checkDatabase(env, (variable, message) => context.addIssue({ code: 'custom', path: [variable], message })),
  )

export const migrateSchema = z.object({
  SMT_DATABASE_ADMIN_URL: databaseUrl,
  SMT_DATABASE_URL: databaseUrl.optional(),
  SMT_DATABASE_PLATFORM_URL: databaseUrl.optional(),
})

export const adminSchema = z
  .object(databaseFields)
  .superRefine((env, context) =>
    checkDatabase(env, (variable, message) => context.addIssue({ code: 'custom', path: [variable], message })),
  )

export type ServeEnv = z.infer<typeof serveSchema>
export type MigrateEnv = z.infer<typeof migrateSchema>
export type AdminEnv = z.infer<typeof adminSchema>

/** Parses an environment; throws ConfigError that lists every problem and no value. Empty variables count as unset. */
export function parseEnv<T>(schema: z.ZodType<T>, env: Record<string, string | undefined>): T {
  const present = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name.startsWith('SMT_') && value !== ''),
  )
  const parsed = schema.safeParse(present)
  if (parsed.success) return Object.freeze(parsed.data)
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      const variable = String(issue.path[0] ?? 'environment')
      const isMissing = issue.code === 'invalid_type' && present[variable] === undefined
      return `${variable}: ${isMissing ? 'is required' : issue.message}`
    }),
  )
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    )
  }
}
