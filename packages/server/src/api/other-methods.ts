type Address = { method: string; path: string }

/**
 * The methods that routes know at the path of a URL, sorted, as `Allow` names them; none where there is nothing. Of
 * `/monitors/validate` and `/monitors/:monitor_id` the first is meant by what both fit.
 */
export function createMethodFinder(addresses: readonly Address[]): (path: string) => string[] {
  const patterns = addresses.map(({ method, path }) => ({ method, path, segments: path.split('/') }))
  return (path) => {
    const given = path.split('/')
    const fitting = patterns.filter(
      ({ segments }) => segments.length === given.length && segments.every(matches(given)),
    )
    const [meant] = fitting.toSorted((a, b) => namesIn(a.segments) - namesIn(b.segments))
    const methods = fitting
      .filter((pattern) => pattern.path === meant?.path)
      .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    return [...new Set(methods)].toSorted()
  }
}

function namesIn(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith(':')).length
}

function matches(given: readonly string[]): (segment: string, index: number) => boolean {
  return (segment, index) => (segment.startsWith(':') ? given[index] !== '' : segment === given[index])
}
