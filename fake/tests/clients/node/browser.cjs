// Serves a page with `@supabase/auth-js`, opens it in Chromium, and waits for its report. The page and the fake server
// are of different origins.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const http = require('node:http')
const os = require('node:os')
const path = require('node:path')
const { lastMessage } = require('./questions.cjs')

const PACKAGES = { '/auth-js/': '@supabase/auth-js/dist/module', '/tslib/': 'tslib' }

/** Returns the file of a package that a URL names; modules are imported without the ending of their files. */
function moduleFile(pathname) {
  const prefix = Object.keys(PACKAGES).find((prefix) => pathname.startsWith(prefix))
  if (!prefix) return undefined
  const file = path.join(process.env.NODE_PATH, PACKAGES[prefix], pathname.slice(prefix.length))
  return [file, `${file}.js`, path.join(file, 'index.js')].find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile())
}

const IMPORTS = { imports: { '@supabase/auth-js': '/auth-js/index.js', tslib: '/tslib/tslib.es6.mjs' } }
const PAGE = `<!doctype html><title>auth-js</title>
<script type="importmap">${JSON.stringify(IMPORTS)}</script>
<script type="module" src="/page.mjs"></script>`

function serve(finish) {
  const server = http.createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost')
    const reply = (type, body) => response.writeHead(200, { 'content-type': type }).end(body)
    if (pathname === '/' || pathname === '/back') return reply('text/html', PAGE)
    if (pathname === '/page.mjs') return reply('text/javascript', fs.readFileSync(path.join(__dirname, 'page.mjs')))
    if (pathname === '/settings') {
      const { GOTRUE_URL: url, GOTRUE_SERVICE_KEY: key } = process.env
      return reply('application/json', JSON.stringify({ url, key }))
    }
    if (pathname === '/message') {
      return reply('application/json', JSON.stringify(await lastMessage(searchParams.get('to'))))
    }
    if (pathname === '/report') {
      reply('text/plain', '')
      let report = ''
      for await (const part of request) report += part
      return finish(report)
    }
    const file = moduleFile(pathname)
    if (file) return reply('text/javascript', fs.readFileSync(file))
    response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  return new Promise((resolve) => server.on('listening', () => resolve(server.address().port)))
}

async function main() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'gotrue-fake-chromium-'))
  let report
  let chromium
  // The browser has processes of its own, which are of the same group.
  const finish = (text) => {
    report ??= text
    process.kill(-chromium.pid, 'SIGKILL')
  }
  const port = await serve(finish)
  const flags = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', `--user-data-dir=${profile}`,
  ]
  chromium = spawn('chromium', [...flags, `http://localhost:${port}/`], { stdio: 'ignore', detached: true })
  setTimeout(() => finish('the page sent no report within a minute'), 60_000)
  chromium.on('exit', () => {
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    console.log(report ?? 'Chromium ended without a report')
    process.exit(report === 'passed' ? 0 : 1)
  })
}

main()
