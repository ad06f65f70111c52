// The peer of the benchmark: @tus/server over a folder. Says its port on standard output. `node peer.mjs FOLDER` is as its
// README sets it up: it neither hashes nor syncs. `node peer.mjs FOLDER durable` does what we do: it checks the promised
// SHA-256 while the bytes come, and answers when these, its own record of the upload and their names are on the disk.
import {createHash} from 'node:crypto'
import {open} from 'node:fs/promises'
import {createServer} from 'node:http'
import {FileStore} from '@tus/file-store'
import {Server} from '@tus/server'

class DurableStore extends FileStore {
  promised = new Map()

  async create(upload) {
    const created = await super.create(upload)
    await Promise.all([synced(this.resolve(`${upload.id}.json`)), synced(this.directory)])
    this.promised.set(upload.id, upload.metadata.sha256)
    return created
  }

  async write(readable, id, offset) {
    const digest = createHash('sha256')
    readable.on('data', (chunk) => digest.update(chunk))
    const end = await super.write(readable, id, offset)
    if (digest.digest('hex') !== this.promised.get(id)) throw {status_code: 422, body: 'not the promised bytes\n'}
    this.promised.delete(id)
    await synced(this.resolve(id))
    return end
  }
}

async function synced(path) {
  const file = await open(path)
  await file.sync()
  await file.close()
}

const [directory, mode] = process.argv.slice(2)
const datastore = new (mode === 'durable' ? DurableStore : FileStore)({directory})
const tus = new Server({path: '/files', datastore})
const server = createServer(tus.handle.bind(tus))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
