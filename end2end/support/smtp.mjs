// A mail server that keeps what it gets, for the tests: nodemailer's smtp-server, and postal-mime to read the mails. The browser
// tests import it; tests/it/mail.rs runs it as a program, which prints its port and then each mail, one JSON object a line.

import { once } from "node:events";
import { fileURLToPath } from "node:url";

import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

/**
 * @typedef {object} Mail
 * @property {string} from the sender of the envelope
 * @property {string[]} to the recipients of the envelope
 * @property {string} subject
 * @property {string} text
 * @property {Record<string, string>} headers by their names in small letters
 * @property {string} user who logged in to send it; empty for nobody
 */

/** A mail server on a port of its own. */
export class Smtp {
  /** @type {Mail[]} What has arrived. */
  mails = [];

  /**
   * @param {SMTPServer} server
   * @param {number} port
   */
  constructor(server, port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts one. It takes mail to everybody but those whose address begins with `refused` (550) or `later` (451).
   *
   * @param {object} [options]
   * @param {number} [options.port] 0 takes a free one
   * @param {string} [options.login] `user:password`, without which it takes nothing
   * @param {(mail: Mail) => void} [options.onMail]
   * @returns {Promise<Smtp>}
   */
  static async start({ port = 0, login = "", onMail = () => {} } = {}) {
    const server = new SMTPServer({
      disabledCommands: login ? [] : ["AUTH", "STARTTLS"],
      allowInsecureAuth: true,
      authOptional: !login,
      disableReverseLookup: true,
      logger: false,
      onAuth: ({ username = "", password = "" }, _session, callback) => {
        if (`${username}:${password}` === login) callback(null, { user: username });
        else callback(new Error("Invalid username or password"));
      },
      onRcptTo: ({ address }, _session, callback) => {
        const code = address.startsWith("refused") ? 550 : address.startsWith("later") ? 451 : 0;
        callback(code ? Object.assign(new Error("not this one"), { responseCode: code }) : null);
      },
      onData: (stream, session, callback) => {
        /** @type {Buffer[]} */
        const chunks = [];
        stream.on("data", (chunk) => chunks.push(chunk));
        stream.on("end", async () => {
          const { subject = "", text = "", headers } = await PostalMime.parse(Buffer.concat(chunks));
          const { mailFrom, rcptTo } = session.envelope;
          const mail = {
            from: mailFrom ? mailFrom.address : "",
            to: rcptTo.map(({ address }) => address),
            subject,
            text,
            headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
            user: String(session.user ?? ""),
          };
          smtp.mails.push(mail);
          onMail(mail);
          callback();
        });
      },
    });
    // A client that hangs up in the middle is no concern of the tests.
    server.on("error", () => {});
    await once(server.listen(port, "127.0.0.1"), "listening");
    const address = server.server.address();
    const smtp = new Smtp(server, typeof address === "object" && address ? address.port : port);
    return smtp;
  }

  /** Stops it. */
  async stop() {
    await new Promise((resolve) => this.server.close(() => resolve(undefined)));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const print = (/** @type {unknown} */ value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  const [port = "0", login = ""] = process.argv.slice(2);
  const { port: taken } = await Smtp.start({ port: Number(port), login, onMail: print });
  print({ port: taken });
  // Whoever started it is gone.
  process.stdin.resume().on("end", () => process.exit());
}
