import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CliError, systemCodeOf } from '../cli-error.ts'
import type { Surroundings } from '../surroundings.ts'

export type ConnectionOptions = { tenant: string; server?: string; apiKeyFile?: string }

export type Connection = { baseUrl: string; tenant: string; apiKey: string }

const defaultServer = 'http://127.0.0.1:3000'

/** Where the server is and who asks. The key comes from SMT_API_KEY or a file, never from the command line. */
export async function readConnection(surroundings: Surroundings, options: ConnectionOptions): Promise<Connection> {
  const { environment, err } = surroundings
  const server = options.server ?? nonEmpty(environment['SMT_URL']) ?? defaultServer
  const url = URL.canParse(server) ? new URL(server) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new CliError('The server must be an http or https URL without credentials.', { exitCode: 2 })
  }
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !isLocal) err(`warning: the API key is sent to ${url.host} without encryption.`)
  return {
    baseUrl: url.origin + url.pathname.replace(/\/+$/, ''),
    tenant: options.tenant,
    apiKey: await readApiKey(surroundings, options.apiKeyFile),
  }
}

async function readApiKey({ environment, cwd }: Surroundings, file: string | undefined): Promise<string> {
  const key = file === undefined ? nonEmpty(environment['SMT_API_KEY']) : (await readKeyFile(resolve(cwd, file))).trim()
  if (key === undefined) {
    throw new CliError('An API key is needed in SMT_API_KEY, or in a file with --api-key-file.', { exitCode: 2 })
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new CliError('The API key must be one line of printable characters.', { exitCode: 2 })
  }
  return key
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CliError(`The file of the API key cannot be read (${systemCodeOf(cause)}).`, { exitCode: 2, cause })
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
