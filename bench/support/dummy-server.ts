/**
 * The least server: answers every HTTP request, and every line on a socket, with the same bytes. Started
 * with its answer's type and text, and the path of the socket; it says its port and ends with stdin.
 */
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { text } from 'node:stream/consumers';

const NEWLINE = 0x0a;

const [contentType = '', body = '', socketPath] = process.argv.slice(2);
const bytes = Buffer.from(body);
const line = Buffer.from(`${body}\n`);

const http = createServer((request, response) => {
  request.on('data', () => undefined);
  request.on('end', () => {
    response.writeHead(200, { 'content-type': contentType, 'content-length': bytes.length });
    response.end(bytes);
  });
});

const socket = createSocketServer((connection) => {
  connection.on('error', () => connection.destroy());
  connection.on('data', (data: Buffer) => {
    for (const byte of data) if (byte === NEWLINE) connection.write(line);
  });
});

function sayPort(): void {
  const address = http.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
}

http.listen(0, '127.0.0.1', () => {
  if (socketPath === undefined) sayPort();
  else socket.listen(socketPath, sayPort);
});
await text(process.stdin);
process.exit(0);
