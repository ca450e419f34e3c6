// A line to the server that can be cut: what goes through it is passed on byte by byte, until it is broken off.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A line of one person's, with an address of its own. */
export class Line {
  /** Opens a line to `address`. */
  static async to(address) {
    const line = new Line();
    const [host, port] = address.split(':');
    line.ends = new Set();
    line.isCut = false;
    line.server = createServer((near) => {
      if (line.isCut) return near.destroy();
      const far = connect(Number(port), host);
      for (const [from, into] of [
        [near, far],
        [far, near],
      ]) {
        line.ends.add(from);
        from.on('error', () => into.destroy());
        from.on('close', () => {
          line.ends.delete(from);
          into.destroy();
        });
        from.pipe(into);
      }
    });
    line.server.listen(0, '127.0.0.1');
    await once(line.server, 'listening');
    line.address = `127.0.0.1:${line.server.address().port}`;
    return line;
  }

  /** Breaks everything off, and lets nothing new through. */
  cut() {
    this.isCut = true;
    for (const end of this.ends) end.destroy();
  }

  /** Lets new connections through again. */
  mend() {
    this.isCut = false;
  }

  /** It is needed no more. */
  close() {
    this.cut();
    this.server.close();
  }
}
