export { runCli } from './cli.ts'
export { type Environment, type Surroundings } from './surroundings.ts'
