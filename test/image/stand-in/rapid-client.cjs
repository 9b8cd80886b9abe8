// Answers invocations for AWS's runtime interface client (index.mjs beside this), in place of its native addon
// rapid-client.node, which would have to be compiled. It is preloaded: `require` then finds the addon in its cache.
const { request } = require('node:http');
const { join } = require('node:path');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');

function post(path, body, headers = {}) {
  request({ host, port, method: 'POST', path: `/2018-06-01/runtime/invocation/${path}`, headers }, (response) =>
    response.resume(),
  ).end(body);
}

const addon = join(__dirname, 'rapid-client.node');
require.cache[addon] = {
  id: addon,
  filename: addon,
  loaded: true,
  exports: {
    done: (id, body) => post(`${id}/response`, body),
    error: (id, body, xray) => post(`${id}/error`, body, { 'Lambda-Runtime-Function-XRay-Error-Cause': xray }),
  },
};
