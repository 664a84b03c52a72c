// After a build, every package is importable by its name without any condition or loader.
for (const name of ['@smt/engine', '@smt/chains', '@smt/testkit', '@smt/server', '@smt/cli']) {
  const module = await import(name)
  const names = Object.keys(module)
  if (names.length === 0) throw new Error(`${name} exports nothing`)
  console.log(`${name}: ${names.length} exports`)
}
