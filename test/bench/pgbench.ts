import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Time-ordered like ours, so that it has the same easy indexes. */
const id = `encode(overlay(uuid_send(gen_random_uuid())
  placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 'hex')::uuid`;

/** The two rows of one message, in the tables of Gatehouse with all their indexes, and one commit. */
const transaction = `
begin;
insert into gatehouse.submissions (id, form, door, fields, language, email_normalised, reply_to, client, user_agent,
  content_hash, intake)
values (${id}, 'contact', '/api/contact', jsonb_build_object('name', 'Ada', 'email', 'ada@example.com', 'message',
  E'Hello,\\nplease call me about your services. Number ' || :client_id), 'en', 'ada' || :client_id || '@example.com',
  'ada@example.com', '127.0.0.1', null, decode('00112233445566778899aabbccddeeff', 'hex'), '{}');
insert into gatehouse_jobs.job_common (name, data, expire_seconds, deletion_seconds, retry_limit, retry_delay,
  retry_backoff, retry_delay_max, policy, heartbeat_seconds)
values ('forms.process', jsonb_build_object('submissionIds', jsonb_build_array(gen_random_uuid())), 60, 2592000, 5, 5, true, 600,
  'standard', 20);
commit;
`;

/** Transactions a second of `clients` that each commit row and job of one message, with prepared statements. */
export async function pgbench(url: string, clients: number, seconds: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-pgbench-"));
  try {
    const script = join(directory, "two-inserts.sql");
    writeFileSync(script, transaction);
    const { hostname, port, username, pathname } = new URL(url);
    const place = ["-h", hostname, "-p", port, "-U", username, pathname.slice(1)];
    const how = [
      "-n",
      "-M",
      "prepared",
      "-j",
      "2",
      "-c",
      String(clients),
      "-T",
      String(seconds),
      "-f",
      script,
    ];
    const child = Bun.spawn(["pgbench", ...how, ...place], { stdout: "pipe", stderr: "pipe" });
    const output = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
    const rate = /^tps = ([\d.]+)/m.exec(output)?.[1];
    if ((await child.exited) !== 0 || !rate) throw new Error(`pgbench failed: ${output}`);
    return Number(rate);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
