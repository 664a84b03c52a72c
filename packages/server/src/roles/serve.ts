import type { ServeEnv } from '../platform/config.ts'
import { createServer } from '../deps.ts'

export type ServeOptions = {
  env: ServeEnv
  /** The process environment, for `Environment` secrets of the operator's own shared networks. */
  environment: Record<string, string | undefined>
  print: (line: string) => void
}

/** `serve`: starts the chosen roles, says what to do next, and stops cleanly on Ctrl-C or SIGTERM. */
export async function serve({ env, environment, print }: ServeOptions): Promise<void> {
  const server = await createServer({ env, environment })
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        print('Stopping…')
        resolve()
      })
    }
  })
  try {
    await server.start()
    for (const line of nextSteps(env, server.url())) print(line)
    await stopped
  } finally {
    await server.stop()
  }
  print('Stopped.')
}

function nextSteps(env: ServeEnv, url: string | undefined): string[] {
  const storage =
    env.SMT_DATABASE_URL === undefined
      ? `embedded database in ${env.SMT_DATA_DIR} (survives a killed process, not a power cut)`
      : 'PostgreSQL server'
  if (url === undefined) return [`Running ${env.SMT_ROLES.join(', ')} on the ${storage}. Ctrl-C stops.`]
  return [
    `Serving on ${url} with the ${storage}.`,
    `  API documentation  ${url}/docs`,
    ...firstTenant(env, url),
    '  Then               README.md, "First alert"; or see it live with `npm run demo`.',
    'Ctrl-C stops.',
  ]
}

/** How the first tenant comes to be: on a server registration is closed unless the operator opens it. */
function firstTenant(env: ServeEnv, url: string): string[] {
  const registration = env.SMT_REGISTRATION ?? (env.SMT_DATABASE_URL === undefined ? 'open' : 'closed')
  if (registration !== 'open') {
    return [
      '  First tenant       npm run admin -- create-tenant --slug acme --name Acme --email you@example.com < password.txt',
    ]
  }
  return [
    `  Register           curl -s ${url}/api/v1/auth/register -H 'content-type: application/json' \\`,
    `                       -d '{"email":"you@example.com","password":"a long passphrase","tenant_name":"Acme","tenant_slug":"acme"}'`,
  ]
}
