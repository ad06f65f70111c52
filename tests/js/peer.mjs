// The peer of the benchmark: @tus/server over a folder, as its README sets it up. Says its port on standard output.
import {createServer} from 'node:http'
import {FileStore} from '@tus/file-store'
import {Server} from '@tus/server'

const tus = new Server({path: '/files', datastore: new FileStore({directory: process.argv[2]})})
const server = createServer(tus.handle.bind(tus))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
