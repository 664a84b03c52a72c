import type { HttpPost } from '../http-post.ts'

/** Over real sockets. It has no limits of its own: these tests talk to programs of theirs. */
export const fetchPost: HttpPost = async ({ url, headers, body, signal }) => {
  const response = await fetch(url, { method: 'POST', headers, body, signal: signal ?? null })
  return { status: response.status, headers: {}, body: await response.text() }
}
