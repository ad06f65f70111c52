// Sends files by tus-js-client, all at once. Reads JSON from standard input:
//   {"endpoint": url, "headers": {…}, "files": [{"path", "metadata", "checksum"?, "url"?, "stopAt"?}], "options": {…}}
// `options` are tus-js-client's. Writes a list, one for each file: {"url", "error": null | {"status", "code"}, "requests":
// [[method, status], …]}.
import {readFileSync} from 'node:fs'
import {Upload} from 'tus-js-client'

const said = JSON.parse(readFileSync(0, 'utf8'))

function send(file) {
  return new Promise((resolve) => {
    const requests = []
    const upload = new Upload(readFileSync(file.path), {
      endpoint: said.endpoint,
      headers: said.headers,
      metadata: file.metadata,
      uploadUrl: file.url,
      storeFingerprintForResuming: false,
      retryDelays: Array(30).fill(0),
      ...said.options,
      onBeforeRequest(request) {
        if (file.checksum && request.getMethod() === 'PATCH') request.setHeader('Upload-Checksum', file.checksum)
      },
      onAfterResponse(request, response) {
        requests.push([request.getMethod(), response.getStatus()])
      },
      onChunkComplete(_size, accepted) {
        if (file.stopAt && accepted >= file.stopAt) upload.abort().then(() => done(null))
      },
      onSuccess: () => done(null),
      onError: (error) => done(told(error)),
    })
    const done = (error) => resolve({url: upload.url, error, requests})
    upload.start()
  })
}

function told(error) {
  const answer = error.originalResponse
  if (!answer) throw error
  return {status: answer.getStatus(), code: JSON.parse(answer.getBody()).code}
}

console.log(JSON.stringify(await Promise.all(said.files.map(send))))
