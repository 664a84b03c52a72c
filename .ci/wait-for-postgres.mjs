// Waits until a server answers at the URL, at most so many seconds.
import pg from 'pg'

const [url, seconds] = process.argv.slice(2)
const deadline = Date.now() + Number(seconds) * 1000
for (;;) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 })
  try {
    await client.connect()
    await client.end()
    process.exit(0)
  } catch (error) {
    if (Date.now() > deadline) {
      console.error(`no PostgreSQL server answers: ${error.code ?? error.message}`)
      process.exit(1)
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}
