export { createServer, type RunningServer, type ServerOptions } from './deps.ts'
export { parseEnv, serveSchema, type ServeEnv } from './platform/config.ts'
