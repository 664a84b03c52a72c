/** The public API as a tenant's script would call it. */
export type ApiClient = { post(path: string, body: unknown): Promise<Record<string, unknown>> }

export function createApiClient(baseUrl: string, accessToken?: string): ApiClient {
  return {
    post: async (path, body) => {
      const response = await fetch(`${baseUrl}/api/v1${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
        },
        body: JSON.stringify(body),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text}`)
      const answer: unknown = JSON.parse(text)
      if (typeof answer !== 'object' || answer === null) throw new Error(`POST ${path} answered no object`)
      return { ...answer }
    },
  }
}
