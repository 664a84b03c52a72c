#!/usr/bin/env node
import { Command } from 'commander'
import { adminSchema, ConfigError, migrateSchema, parseEnv, serveSchema } from './platform/config.ts'
import { DataDirLockedError } from './platform/db/data-dir-lock.ts'
import { UnsafeDatabaseError } from './platform/db/safety.ts'
import { AppError } from './platform/errors.ts'
import { SecretError } from './platform/secrets.ts'
import { createOperator, createTenant, reconcileQuotas, revokeOperator, setQuota, showUsage } from './roles/admin.ts'
import { runMigrations } from './roles/migrate.ts'
import { serve } from './roles/serve.ts'

// The only place that reads the environment (lint: node/no-process-env).
// oxlint-disable-next-line node/no-process-env
const env = process.env
const print = (line: string) => process.stdout.write(`${line}\n`)

const program = new Command('smt-server').description('Stellar Monitor Tenant Isolation Engine').showHelpAfterError()

program
  .command('serve', { isDefault: true })
  .description('serve the API, watch chains and deliver alerts (SMT_ROLES chooses)')
  .action(() => serve({ env: parseEnv(serveSchema, env), environment: env, print }))

program
  .command('migrate')
  .description('create the logins and bring the database of SMT_DATABASE_ADMIN_URL to this release')
  .action(() => runMigrations(parseEnv(migrateSchema, env), print))

const admin = program
  .command('admin')
  .description('operate an installation; with the embedded database, while it does not run')

admin
  .command('create-tenant')
  .description('create a tenant and its first owner; the password is read from the first line of standard input')
  .requiredOption('--slug <slug>')
  .requiredOption('--name <name>')
  .requiredOption('--email <email>')
  .action((options: { slug: string; name: string; email: string }) =>
    createTenant({ env: parseEnv(adminSchema, env), input: process.stdin, print, ...options }),
  )

admin
  .command('create-operator')
  .description('make an account an operator; a new one gets the password of the first line of standard input')
  .requiredOption('--email <email>')
  .action((options: { email: string }) =>
    createOperator({ env: parseEnv(adminSchema, env), input: process.stdin, print, ...options }),
  )

admin
  .command('revoke-operator')
  .description('make an account an ordinary one again')
  .requiredOption('--email <email>')
  .action((options: { email: string }) => revokeOperator({ env: parseEnv(adminSchema, env), print, ...options }))

admin
  .command('set-quota')
  .description('set a limit of one tenant: --quota max_monitors --limit 100, or --limit plan for that of its plan')
  .requiredOption('--slug <slug>')
  .requiredOption('--quota <quota>')
  .requiredOption('--limit <limit>')
  .action((options: { slug: string; quota: string; limit: string }) =>
    setQuota({ env: parseEnv(adminSchema, env), print, ...options }),
  )

admin
  .command('reconcile-quotas')
  .description('count monitors and networks anew and mend counters that are wrong')
  .action(() => reconcileQuotas({ env: parseEnv(adminSchema, env), print }))

admin
  .command('usage')
  .description('what each tenant used, by day or month of UTC, as CSV; as of the last hour that was closed')
  .option('--interval <interval>', 'day or month', 'day')
  .option('--from <time>', 'such as 2026-11-01; 30 days or a year before the end by default')
  .option('--to <time>', 'now by default')
  .option('--slug <slug>', 'one tenant only')
  .action((options: { interval: string; from?: string; to?: string; slug?: string }) =>
    showUsage({
      env: parseEnv(adminSchema, env),
      print,
      interval: options.interval,
      from: options.from,
      to: options.to,
      slug: options.slug,
    }),
  )

try {
  await program.parseAsync()
} catch (error) {
  // What an operator can mend is said in one line; everything else keeps its stack.
  const isExpected =
    error instanceof ConfigError ||
    error instanceof DataDirLockedError ||
    error instanceof UnsafeDatabaseError ||
    error instanceof SecretError ||
    error instanceof AppError
  const text = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error)
  process.stderr.write(`${text}\n`)
  process.exitCode = 1
}
