/*
 * What the services do, with nothing but Node's own http: it says what NestJS, Fastify, axios and the log cost.
 * bare-server.cjs NODE TIER PORT [BACKEND_URL]
 */
const { Agent, createServer, get } = require('node:http');

const [node, tier, port, backendUrl] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

function send(response, status, body) {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

function askBackend(requestId, answer) {
  const headers = requestId === undefined ? {} : { 'x-request-id': requestId };
  get(backendUrl, { agent, headers }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => answer(response.statusCode, JSON.parse(Buffer.concat(chunks).toString())));
  }).on('error', (error) => answer(503, { error: error.message }));
}

const server = createServer((request, response) => {
  if (request.url === '/health/ready') send(response, 200, { status: 'ok' });
  else if (backendUrl === undefined) send(response, 200, { [tier]: node });
  else askBackend(request.headers['x-request-id'], (status, body) => send(response, status, { ...body, [tier]: node }));
});
server.keepAliveTimeout = 75_000;
server.listen(Number(port));
process.once('SIGTERM', () => process.exit(0));
