type Address = { method: string; path: string }

/** The methods that routes know at the path of a URL, sorted, as `Allow` names them; none where there is nothing. */
export function createMethodFinder(addresses: readonly Address[]): (path: string) => string[] {
  const patterns = addresses.map(({ method, path }) => ({ method, segments: path.split('/') }))
  return (path) => {
    const given = path.split('/')
    const methods = patterns
      .filter(({ segments }) => segments.length === given.length && segments.every(matches(given)))
      .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    return [...new Set(methods)].toSorted()
  }
}

function matches(given: readonly string[]): (segment: string, index: number) => boolean {
  return (segment, index) => (segment.startsWith(':') ? given[index] !== '' : segment === given[index])
}
