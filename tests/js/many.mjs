// Many small files at once, by tus-js-client, with a clock. Reads one line of JSON from standard input for each round:
//   {"endpoint": url, "headers": {…}, "folder": path, "atOnce": n, "inCreation": true | false}
// The files of the folder are named by their SHA-256. Answers with one line: {"seconds": …, "ms": [one for each file]}.
import {readdirSync, readFileSync} from 'node:fs'
import {globalAgent} from 'node:http'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {Upload} from 'tus-js-client'

function send(content, sha256, {endpoint, headers, inCreation}) {
  return new Promise((resolve, reject) => {
    new Upload(content, {
      endpoint,
      headers,
      metadata: {sha256, filetype: 'image/jpeg'},
      uploadDataDuringCreation: inCreation,
      storeFingerprintForResuming: false,
      retryDelays: null,
      onSuccess: resolve,
      onError: reject,
    }).start()
  })
}

async function round(said) {
  const files = readdirSync(said.folder).map((name) => [name, readFileSync(join(said.folder, name))])
  const ms = []
  async function worker() {
    for (let next = files.pop(); next; next = files.pop()) {
      const began = performance.now()
      await send(next[1], next[0], said)
      ms.push(performance.now() - began)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({length: said.atOnce}, worker))
  const seconds = (performance.now() - began) / 1000
  globalAgent.destroy() // servers close connections that idle until the next round
  return {seconds, ms}
}

for await (const line of createInterface({input: process.stdin})) {
  console.log(JSON.stringify(await round(JSON.parse(line))))
}
